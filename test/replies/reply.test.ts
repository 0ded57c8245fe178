/** What may be answered, by whom and through what; what is refused, and with which words. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/access/actor.ts';
import { dropUpload, keepUpload, saveDraft } from '../../src/replies/drafts.ts';
import { reply } from '../../src/replies/reply.ts';
import { readReplyDesk } from '../../src/replies/ways.ts';
import { claim } from '../../src/routing/claim.ts';
import { openChat, says } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { addMember, makeUser } from '../setup/fixtures.ts';

const TEMPLATE = { name: 'hello', language: 'ru', text: 'Здравствуйте, {{1}}! Ваш заказ {{2}} готов, {{1}}.' };
const HOUR_MS = 3_600_000;

let house: ChatHouse;
let anna: Actor & { userId: string };
let boris: Actor & { userId: string };
beforeAll(async () => {
  house = await openChatHouse({ sends: { windowHours: 24 }, settings: { templates: [TEMPLATE] } });
  [anna, boris] = [await makeUser(house, { name: 'Anna' }), await makeUser(house, { name: 'Boris' })];
  const [queue] = await house.sql<{ id: string }[]>`select id from queues where is_default`;
  for (const one of [anna, boris]) await addMember(house, queue!.id, one.userId);
});
afterAll(() => house.close());

let people = 0;
/** A conversation whose lead Anna holds. */
async function held(heard = new Date()) {
  people += 1;
  const who = `person-${people}`;
  const [told] = await house.hear(says(who, 'Hello?', { eventId: `${who}-1`, at: heard }));
  await claim(house.sql, anna, told!.lead_id);
  const [question] = await house.shown(told!.lead_id);
  return { who, leadId: told!.lead_id, contactId: told!.contact_id, questionId: question!.id };
}
const upload = (actor: Actor, leadId: string, name = 'price.txt', bytes = 10) =>
  keepUpload(house, actor, leadId, { name, bytes: Buffer.alloc(bytes, 'x') });
const counts = async () =>
  (
    await house.sql`select count(*)::int as sends, (select count(*)::int from jobs) as jobs,
  (select count(*)::int from messages) as messages, (select count(*)::int from uploads) as uploads from sends`
  )[0];

describe('what the way cannot carry is refused before anything is written', () => {
  test.each([
    ['nothing at all', { text: '  ' }, 422, ['text']],
    ['a text that is too long', { text: 'x'.repeat(101) }, 422, ['text']],
    ['a quote of nobody', { quotes: '00000000-0000-7000-8000-000000000000' }, 422, ['quotes']],
    [
      'an endpoint that is none of theirs',
      { endpointId: '00000000-0000-7000-8000-000000000000' },
      422,
      ['endpointId'],
    ],
    ['an address that is none of theirs', { identityId: '00000000-0000-7000-8000-000000000000' }, 422, ['endpointId']],
    ['an unknown template', { template: { name: 'bye', language: 'ru', variables: [] } }, 422, ['template']],
    [
      'a template in another language',
      { template: { name: 'hello', language: 'en', variables: ['a', 'b'] } },
      422,
      ['template'],
    ],
    [
      'a template with other variables',
      { template: { name: 'hello', language: 'ru', variables: ['Anna'] } },
      422,
      ['template'],
    ],
    ['a file that is not there', { files: ['00000000-0000-7000-8000-000000000000'] }, 422, ['files']],
  ] as const)('%s', async (_what, wanted, status, fields) => {
    const { leadId } = await held();
    const before = await counts();
    const files = 'files' in wanted ? [...wanted.files] : [];
    const refused = house.answer(leadId, { ...wanted, files } as Parameters<typeof house.answer>[1], undefined, anna);
    await expect(refused).rejects.toMatchObject({ status });
    await refused.catch((error: { fields: object }) => expect(Object.keys(error.fields)).toEqual(fields));
    expect(await counts()).toEqual(before);
  });

  test('too many files, too large a file, files with a template', async () => {
    const { leadId } = await held();
    const small = [await upload(anna, leadId), await upload(anna, leadId), await upload(anna, leadId)];
    const ids = small.map(({ id }) => id);
    const big = await upload(anna, leadId, 'big.bin', 1001);
    const before = await counts();
    const template = { name: 'hello', language: 'ru', variables: ['a', 'b'] };
    for (const wanted of [{ files: ids }, { files: [big.id] }, { files: ids.slice(0, 1), template }])
      await expect(house.answer(leadId, wanted, undefined, anna)).rejects.toMatchObject({ status: 422 });
    expect(await counts()).toEqual(before); // the refused uploads are still there
    await house.answer(leadId, { files: ids.slice(0, 2), text: '' }, undefined, anna);
    await house.run();
    expect(house.chat.calls.at(-1)).toMatchObject({
      text: '',
      attachments: ids.slice(0, 2).map(() => ({ name: 'price.txt', bytes: Buffer.alloc(10, 'x') })),
    });
  });

  test('a message of another contact cannot be quoted', async () => {
    const [one, other] = [await held(), await held()];
    await expect(house.answer(one.leadId, { quotes: other.questionId }, undefined, anna)).rejects.toMatchObject({
      status: 422,
      fields: { quotes: expect.any(String) },
    });
  });
});

describe('the client cannot be written to now', () => {
  test('after the provider’s window only an approved template goes', async () => {
    const { leadId, contactId } = await held(new Date(Date.now() - 25 * HOUR_MS));
    const { ways } = await readReplyDesk(house.replyDeps, anna, contactId);
    expect(Date.parse(ways[0]!.windowEndsAt!)).toBeLessThan(Date.now());
    await expect(house.answer(leadId, {}, undefined, anna)).rejects.toMatchObject({ name: 'Conflict' });
    const template = { name: 'hello', language: 'ru', variables: ['Ольга', '№ 5'] };
    await house.answer(leadId, { text: 'ignored', template }, undefined, anna);
    await house.run();
    const text = 'Здравствуйте, Ольга! Ваш заказ № 5 готов, Ольга.';
    expect(house.chat.calls.at(-1)).toMatchObject({ text, template });
    expect((await house.shown(leadId)).at(-1)).toMatchObject({ text });
  });

  test('within it anything goes', async () => {
    const { leadId } = await held(new Date(Date.now() - 23 * HOUR_MS));
    await house.answer(leadId, {}, undefined, anna);
  });

  test('who has blocked us gets nothing, not even a template', async () => {
    const { who, leadId, contactId } = await held();
    const identities = [{ kind: 'chatter', value: who, trust: 'attested' as const }];
    await house.hear({ kind: 'reachability', identities, reachable: false, at: new Date(Date.now() + 1000) });
    expect((await readReplyDesk(house.replyDeps, anna, contactId)).ways[0]).toMatchObject({ blocked: true });
    const template = { name: 'hello', language: 'ru', variables: ['a', 'b'] };
    for (const wanted of [{}, { template }])
      await expect(house.answer(leadId, wanted, undefined, anna)).rejects.toThrow('blocked');
  });
});

describe('an idempotency key', () => {
  test('gives the same answer and one message, also to twenty who ask at once', async () => {
    const { leadId } = await held();
    const ids = await Promise.all(Array.from({ length: 20 }, () => house.answer(leadId, {}, 'key-1', anna)));
    expect(new Set(ids).size).toBe(1);
    expect(await house.answer(leadId, { text: 'something else' }, 'key-1', anna)).toBe(ids[0]);
    expect(await house.answer(leadId, {}, 'key-2', anna)).not.toBe(ids[0]);
    await house.run();
    expect((await house.shown(leadId)).filter((one) => one.direction === 'outbound')).toHaveLength(2);
  });

  test('is its person’s and its lead’s own', async () => {
    const [one, other] = [await held(), await held()];
    const mine = await house.answer(one.leadId, {}, 'same', anna);
    expect(await house.answer(other.leadId, {}, 'same', anna)).not.toBe(mine);
    expect(await house.answer(one.leadId, {}, 'same', house.head)).not.toBe(mine);
  });
});

describe('somebody else’s lead', () => {
  test('cannot be answered, drafted for, or looked into', async () => {
    const { leadId, contactId } = await held();
    await saveDraft(house, anna, leadId, { text: 'half a thought', endpointId: null, quotes: null, subject: null });
    const mine = await upload(anna, leadId);
    const draft = { text: 'x', endpointId: null, quotes: null, subject: null };
    const before = await counts();
    const stranger = await makeUser(house);
    for (const [actor, status] of [
      [boris, 404],
      [stranger, 404],
      [await makeUser(house, { role: 'auditor' }), 403],
    ] as const) {
      const refused = { status: expect.toSatisfy((found: number) => found === status || found === 403) };
      await expect(house.answer(leadId, {}, undefined, actor)).rejects.toMatchObject(refused);
      await expect(saveDraft(house, actor, leadId, draft)).rejects.toMatchObject(refused);
      await expect(upload(actor, leadId)).rejects.toMatchObject(refused);
      await dropUpload(house, actor, mine.id);
    }
    for (const actor of [boris, stranger])
      expect(await readReplyDesk(house.replyDeps, actor, contactId)).toEqual({ ways: [], draft: null });
    expect(await counts()).toEqual(before);
  });

  test('one that waits has to be claimed first', async () => {
    people += 1;
    const [told] = await house.hear(says(`person-${people}`, 'Hello'));
    await expect(house.answer(told!.lead_id, {}, undefined, anna)).rejects.toMatchObject({ status: 403 });
    await house.answer(told!.lead_id); // a head may
  });
});

describe('drafts and uploads', () => {
  const draft = (text: string) => ({ text, endpointId: null, quotes: null, subject: null });
  const draftOf = async (actor: Actor, contactId: string) =>
    (await readReplyDesk(house.replyDeps, actor, contactId)).draft?.text ?? null;

  test('a draft is its author’s alone, follows the contact, and goes with the answer', async () => {
    const { leadId, contactId } = await held();
    await saveDraft(house, anna, leadId, draft('dear client'));
    await saveDraft(house, anna, leadId, draft('dear client,'));
    await saveDraft(house, house.head, leadId, draft('from the head'));
    expect(await draftOf(anna, contactId)).toBe('dear client,');
    expect(await draftOf(house.head, contactId)).toBe('from the head');
    expect(await draftOf(await makeUser(house, { role: 'admin' }), contactId)).toBeNull();
    await house.answer(leadId, {}, undefined, anna);
    expect([await draftOf(anna, contactId), await draftOf(house.head, contactId)]).toEqual([null, 'from the head']);
    await saveDraft(house, house.head, leadId, draft(''));
    expect(await draftOf(house.head, contactId)).toBeNull();
  });

  test('an upload belongs to who uploaded it and to the contact it was uploaded for', async () => {
    const [one, other] = [await held(), await held()];
    const mine = await upload(anna, one.leadId);
    for (const [leadId, actor] of [
      [other.leadId, anna],
      [one.leadId, house.head],
    ] as const)
      await expect(house.answer(leadId, { files: [mine.id] }, undefined, actor)).rejects.toMatchObject({
        fields: { files: 'upload it again' },
      });
    await house.answer(one.leadId, { files: [mine.id] }, undefined, anna);
    await expect(house.answer(one.leadId, { files: [mine.id] }, undefined, anna)).rejects.toMatchObject({
      fields: { files: 'upload it again' },
    });
    const uploads = async () => (await counts())!.uploads as number;
    const before = await uploads();
    const dropped = await upload(anna, one.leadId);
    await dropUpload(house, house.head, dropped.id);
    expect(await uploads()).toBe(before + 1);
    await dropUpload(house, anna, dropped.id);
    expect(await uploads()).toBe(before);
  });

  test('a file’s name is a name, and its type is found in its bytes', async () => {
    const { leadId } = await held();
    const kept = await keepUpload(house, anna, leadId, {
      name: '..\\..\\etc/pass\u0000wd\u202Egnp.exe',
      bytes: Buffer.from('%PDF-1.7\n'),
    });
    expect(kept).toMatchObject({ name: 'passwdgnp.exe', mediaType: 'application/pdf', size: 9 });
    expect((await upload(anna, leadId, '///')).name).toBe('file');
  });
});

describe('ways', () => {
  test('first ways: an address that may be written to without a conversation, with its trust', async () => {
    const mail = openChat('letters', { first: ['email'], quotes: false, subject: true });
    const house2 = await openChatHouse({ more: [mail] });
    await house2.open({}, 'letters');
    const [told] = await house2.hear(
      says('someone', 'write me a letter', {
        sender: {
          identities: [
            { kind: 'chatter', value: 'someone', trust: 'attested' },
            { kind: 'email', value: 'Anna@Example.com', trust: 'claimed' },
            { kind: 'email', value: 'proven@example.com', trust: 'attested' },
          ],
        },
      }),
    );
    const { ways } = await readReplyDesk(house2.replyDeps, house2.head, told!.contact_id);
    expect(ways.map(({ kind, endpoint, confirmed }) => [kind, endpoint.channel, confirmed])).toEqual([
      ['conversation', 'chat', true],
      ['first', 'letters', true],
      ['first', 'letters', false],
    ]);
    expect(ways.slice(1).map(({ identity }) => identity?.value)).toEqual(['p•••@example.com', 'a•••@example.com']);
    const way = ways[2]!;
    const wanted = { endpointId: way.endpoint.id, text: 'Dear Anna', subject: 'Your letter', files: [] };
    await expect(reply(house2.replyDeps, house2.head, told!.lead_id, wanted)).rejects.toMatchObject({ status: 422 });
    const done = await reply(house2.replyDeps, house2.head, told!.lead_id, {
      ...wanted,
      identityId: way.identity!.id,
    });
    await house2.run();
    expect(mail.calls).toMatchObject([
      {
        idempotencyKey: done.messageId,
        to: { identity: { kind: 'email', value: 'anna@example.com', trust: 'claimed' } },
        subject: 'Your letter',
        text: 'Dear Anna',
      },
    ]);
    expect(mail.calls[0]!.to.reach).toBeUndefined();
    await house2.close();
  });

  test('first, where the provider has a window, is by its templates alone: it has never been open', async () => {
    const shop = openChat('shop', { first: ['phone'], windowHours: 24 });
    const house2 = await openChatHouse({ more: [shop] });
    const line = await house2.open({ templates: [TEMPLATE] }, 'shop');
    const phone = { kind: 'phone', value: '+7 999 555-77-88', trust: 'claimed' } as const;
    const [told] = await house2.hear(says('someone', 'call me', { sender: { identities: [phone] } }));
    const way = (await readReplyDesk(house2.replyDeps, house2.head, told!.contact_id)).ways.find(
      (one) => one.kind === 'first',
    );
    expect(way).toMatchObject({ endpoint: { id: line.id }, confirmed: false });
    const first = { endpointId: line.id, identityId: way!.identity!.id };
    await expect(house2.answer(told!.lead_id, first)).rejects.toMatchObject({ name: 'Conflict' });
    const template = { name: 'hello', language: 'ru', variables: ['Ольга', '№ 5'] };
    await house2.answer(told!.lead_id, { ...first, template });
    await house2.run();
    expect(shop.calls).toMatchObject([{ to: { identity: { kind: 'phone', value: '+79995557788' } }, template }]);
    await house2.close();
  });

  test('an endpoint that was deleted is no way any more; one that is paused says so', async () => {
    const { contactId } = await held();
    const ways = async () => (await readReplyDesk(house.replyDeps, anna, contactId)).ways;
    await house.sql`update endpoints set paused_at = now() where id = ${house.line.id}`;
    expect(await ways()).toMatchObject([{ paused: true }]);
    await house.sql`update endpoints set paused_at = null, deleted_at = now() where id = ${house.line.id}`;
    expect(await ways()).toEqual([]);
    await house.sql`update endpoints set deleted_at = null where id = ${house.line.id}`;
  });
});
