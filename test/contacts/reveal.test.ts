import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAttachment } from '../../src/contacts/attachment.ts';
import { readContact } from '../../src/contacts/read.ts';
import { reveal } from '../../src/contacts/reveal.ts';
import { contact as contactShape } from '../../src/http/shapes.ts';
import { readLead } from '../../src/leads/timeline.ts';
import { type House, keyActor, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';
import { withoutIds } from '../setup/without-ids.ts';

let house: House;
let queueId: string;
beforeAll(async () => {
  house = await openHouse(8);
  queueId = await makeQueue(house);
});
afterAll(() => house.close());

const NOON = Date.UTC(2026, 0, 15, 12);
let made = 0;
async function owned() {
  made += 1;
  const owner = await makeUser(house);
  const phone = `8 (999) 000-0${Math.floor(made / 10)}-0${made % 10}`;
  const file = { name: 'a.txt', mediaType: 'text/plain', bytes: Buffer.from('hello') };
  const lead = await makeLead(house, {
    queueId,
    ownerId: owner.userId,
    name: 'Anna',
    phone,
    email: `a${made}@x.test`,
    file,
    text: `Order 4455667, or call ${phone}`,
  });
  return { owner, lead };
}
const entriesOf = (actor: { name: string }) =>
  house.sql<{ action: string; target: string; data: object }[]>`
    select action, target, data from audit_log where actor = ${actor.name} order by id`;

it('shows a contact masked to its owner, and nothing to others', async () => {
  const { owner, lead } = await owned();
  const shown = contactShape.parse(await readContact(house, owner, lead.contactId));
  expect(shown.identities.map((one) => one.value).sort()).toEqual([
    expect.stringMatching(/^\+7 ••• •••-••-\d\d$/),
    'a•••@x.test',
  ]);
  expect(shown).toMatchObject({ name: 'Anna', owner: { id: owner.userId }, leads: [{ id: lead.id }] });
  for (const actor of [await makeUser(house), await makeUser(house, { role: 'auditor' }), keyActor('auditor')]) {
    expect(await readContact(house, actor, lead.contactId)).toBeUndefined();
    await expect(reveal(house, actor, lead.contactId, 'x', NOON)).rejects.toMatchObject({ status: 404 });
    expect(await readAttachment(house, actor, lead.attachmentId!)).toBeUndefined();
  }
});

it('shows in clear with a reason, on record', async () => {
  const { owner, lead } = await owned();
  const shown = await reveal(house, owner, lead.contactId, 'to call 8 999 111 22 33 back', NOON);
  expect(shown.identities.map((one) => one.kind).sort()).toEqual(['email', 'phone']);
  expect(shown.identities.find((one) => one.kind === 'phone')?.value).toMatch(/^\+7999000\d{4}$/);
  expect(shown.revealsLeftThisHour).toBe(29);
  expect(await entriesOf(owner)).toEqual([
    {
      action: 'contact.revealed',
      target: `contact:${lead.contactId}`,
      data: { reason: 'to call +7 ••• •••-••-33 back' },
    },
  ]);
});

it('gives files to those who may see the contact, on record', async () => {
  const { owner, lead } = await owned();
  const file = await readAttachment(house, owner, lead.attachmentId!);
  expect({ ...file, bytes: Buffer.from(file!.bytes).toString() }).toEqual({
    name: 'a.txt',
    mediaType: 'text/plain',
    bytes: 'hello',
  });
  expect(await entriesOf(owner)).toMatchObject([{ action: 'attachment.read', target: `contact:${lead.contactId}` }]);
});

it('counts to thirty an hour exactly, however many ask at once on however many replicas', async () => {
  const { owner, lead } = await owned();
  const replicas = [house, { ...house, sql: house.pool(8) }];
  const asked = await Promise.allSettled(
    Array.from({ length: 45 }, (_, i) => reveal(replicas[i % 2]!, owner, lead.contactId, 'call', NOON)),
  );
  expect(asked.filter((one) => one.status === 'fulfilled')).toHaveLength(30);
  const refused = asked.find((one) => one.status === 'rejected');
  expect(refused?.reason).toMatchObject({ status: 429, retryAfterSeconds: 3600 });
  const entries = await entriesOf(owner);
  expect(entries.filter((one) => one.action === 'contact.revealed')).toHaveLength(30);
  // The refusal is on record once, not fifteen times.
  expect(entries.filter((one) => one.action === 'contact.reveal_refused')).toHaveLength(1);
  expect((await reveal(house, owner, lead.contactId, 'call', NOON + 3_600_000)).revealsLeftThisHour).toBe(29);
});

it('counts to a hundred and fifty a day', async () => {
  const { owner, lead } = await owned();
  for (let hour = 0; hour < 5; hour += 1)
    for (let i = 0; i < 30; i += 1) await reveal(house, owner, lead.contactId, 'call', NOON + hour * 3_600_000);
  const sixth = reveal(house, owner, lead.contactId, 'call', NOON + 5 * 3_600_000);
  await expect(sixth).rejects.toMatchObject({ status: 429, retryAfterSeconds: 7 * 3600 });
  await reveal(house, owner, lead.contactId, 'call', NOON + 12 * 3_600_000);
  const other = await makeUser(house, { role: 'head' });
  await reveal(house, other, lead.contactId, 'call', NOON + 5 * 3_600_000);
});

it('shows the texts of a revealed contact in clear for an hour, to the one who asked only', async () => {
  const { owner, lead } = await owned();
  const head = await makeUser(house, { role: 'head' });
  const texts = async (actor: typeof owner): Promise<string> =>
    withoutIds(JSON.stringify((await readLead(house, actor, lead.id))?.timeline));
  expect(await texts(owner)).not.toMatch(/999/);
  await reveal(house, owner, lead.contactId, 'to call back', Date.now());
  expect(await texts(owner)).toMatch(/Order 4455667, or call 8 \(999\) 000/);
  expect(await texts(head)).not.toMatch(/999/);
  await house.sql`update reveals set until = now() - interval '1 second' where contact_id = ${lead.contactId}`;
  expect(await texts(owner)).not.toMatch(/999/);
});
