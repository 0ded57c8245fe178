/** Calls over HTTP: the card of a call that rings, who may listen, who is who, a click that calls, a promise kept. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openSession } from '../../src/access/sessions.ts';
import { createApp } from '../../src/app.ts';
import { type CallFact, type Channel, type Dial, defineChannel, type InboundEvent } from '../../src/channel.ts';
import type { Deps } from '../../src/deps.ts';
import { Refused } from '../../src/errors.ts';
import { leadDetail, liveCall } from '../../src/http/shapes.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { expireRecordings } from '../../src/jobs/expire-recordings.ts';
import { drainJobs } from '../../src/jobs/runner.ts';
import { silentLog } from '../../src/log.ts';
import { type House, openHouse, post } from '../intake/house.ts';
import { addMember, makeUser } from '../setup/fixtures.ts';
import { ORIGIN } from './house.ts';

const SOUND = Buffer.concat([
  Buffer.from(
    'RIFF\x24\x01\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\x01\0\0',
    'latin1',
  ),
  Buffer.alloc(256, 1),
]);
const dialled: Dial[] = [];
let refuse: 'no' | 'refused' | 'silent' = 'no';

/** A provider whose posts are the events themselves. */
const caller = defineChannel({
  id: 'caller',
  title: { en: 'Caller', ru: 'Caller' },
  settings: z.object({ kind: z.enum(['can', 'cannot']).default('can'), recordingDays: z.number().default(30) }),
  capabilities: {
    receives: ['call'],
    maxBodyBytes: 10_000,
    recordingDaysSetting: 'recordingDays',
    dials: { setting: 'kind', is: ['can'] },
    fetches: { maxBytes: 10_000 },
  },
  verify: () => ({}),
  parse: ({ body }) => [
    JSON.parse(new TextDecoder().decode(body), (name, value: unknown) =>
      /At$|^at$/.test(name) && typeof value === 'string' ? new Date(value) : value,
    ) as InboundEvent,
  ],
  fetch: async () => new Uint8Array(SOUND),
  dial: async (call) => {
    if (refuse === 'refused') throw new Refused('Your telephone is switched off.');
    if (refuse === 'silent') throw new Error('socket hang up');
    dialled.push(call);
    return {};
  },
}) as unknown as Channel;

let house: House;
let app: ReturnType<typeof createApp>;
let line: OpenEndpoint;
let queue: string;
let anna: Person;
let boris: Person;
let admin: Person;

interface Person {
  readonly userId: string;
  readonly token: string;
}

beforeAll(async () => {
  house = await openHouse([caller]);
  const { sql, vault, clock } = house;
  const config = { publicUrl: ORIGIN, trustedProxies: [], version: '0.0.0' };
  const deps: Deps = { sql, vault, clock, config, channels: [caller], log: silentLog };
  app = createApp(deps);
  line = await house.open({}, 'caller');
  queue = (await sql<{ id: string }[]>`select id from queues where is_default`)[0]!.id;
  [anna, boris, admin] = await Promise.all([login('manager'), login('manager'), login('admin')]);
  await sql`insert into extensions (endpoint_id, extension, user_id) values (${line.id}, '101', ${anna.userId})`;
});
afterAll(() => house.close());

async function login(role: 'manager' | 'admin'): Promise<Person> {
  const user = await makeUser(house, { role });
  if (role === 'manager') await addMember(house, queue, user.userId);
  const { token } = await house.sql.begin((tx) => openSession(tx, user.userId, house.clock));
  return { userId: user.userId, token };
}

async function ask(who: Person, method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
  const headers = {
    Cookie: `inlet_session=${who.token}`,
    Origin: ORIGIN,
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...more,
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const peer = { incoming: { socket: { remoteAddress: '203.0.113.7' } } };
  return app.request(`${ORIGIN}/api/v1/${path}`, init, peer);
}

let count = 0;
const next = (): number => {
  count += 1;
  return count;
};

async function hear(
  id: string,
  happened: CallFact['happened'],
  more: Partial<CallFact> & { from?: string; file?: true },
) {
  const { from, file, ...fact } = more;
  const event: InboundEvent = {
    eventId: id,
    kind: 'call',
    direction: 'inbound',
    sender: {
      name: 'Olga Test',
      identities: from === undefined ? [] : [{ kind: 'phone', value: from, trust: 'observed' }],
    },
    call: { happened, direction: 'inbound', ...fact },
    ...(file === undefined ? {} : { files: [{ name: 'rec', ref: { url: `https://pbx.example.com/${id}` } }] }),
  };
  const { delivery } = await house.acceptor.accept(line, post(event));
  await drainPending(house.deps);
  return (await house.outcomeOf(delivery))!;
}

const newCall = () => ({ id: `call-${next()}`, from: `+7999555${String(1000 + next())}` });
const cards = async (who: Person) =>
  z.object({ calls: z.array(liveCall) }).parse(await (await ask(who, 'GET', 'calls/live')).json()).calls;
const clear = () =>
  house.sql`update calls set state = 'ended', outcome = 'missed', heard_at = now() - interval '1 hour'`;

describe('the card of a call that rings', () => {
  test('is for whoever it rings: a masked number, and a name only where the client is theirs', async () => {
    await clear();
    const { id, from } = newCall();
    const told = await hear(id, 'ringing', { from, extension: '101', line: '+74950000000' });
    const [card, ...more] = await cards(anna);
    expect(more).toEqual([]);
    expect(card).toMatchObject({ state: 'ringing', mine: true, line: '+74950000000' });
    expect(card!.caller).toEqual({ name: null, phone: expect.stringContaining('•'), hidden: false, known: false });
    expect(card!.caller.phone).not.toContain(from.slice(-7));
    expect(card!.lead).toMatchObject({ id: told.lead_id, owner: null, visible: true });
    // It rings Anna's phone, and nobody else has a card of it.
    expect(await cards(boris)).toEqual([]);
    await hear(id, 'answered', { extension: '101' });
    const [talking] = await cards(anna);
    expect(talking).toMatchObject({
      state: 'talking',
      answeredBy: { id: anna.userId },
      lead: { owner: { id: anna.userId } },
    });
    expect(talking!.caller.name).toBe('Olga Test');
  });

  test('that rings nobody in particular is for the line of the queue, until somebody has it', async () => {
    await clear();
    const { id, from } = newCall();
    await hear(id, 'ringing', { from });
    expect(await cards(anna)).toMatchObject([{ id: expect.any(String), mine: false }]);
    expect(await cards(boris)).toHaveLength(1);
    await hear(id, 'answered', { extension: '101' });
    expect(await cards(anna)).toMatchObject([{ mine: true, state: 'talking' }]);
    expect(await cards(boris)).toEqual([]);
  });

  test('shows what was said before to whom it may be shown', async () => {
    await clear();
    const { from } = newCall();
    const form = post({ name: 'Olga Test', phone: from, message: 'How much is a kitchen?' });
    const { delivery } = await house.acceptor.accept(house.endpoint, form);
    await drainPending(house.deps);
    const first = (await house.outcomeOf(delivery))!;
    expect((await ask(anna, 'POST', `leads/${first.lead_id}/claim`, {})).status).toBe(200);
    await hear(`call-${next()}`, 'ringing', { from });
    const [card] = await cards(anna);
    expect(card).toMatchObject({ caller: { name: 'Olga Test', known: true }, lastMessages: [{ kind: 'form' }] });
    expect(card!.lastMessages[0]!.text).toContain('How much is a kitchen?');
    expect(await cards(boris)).toEqual([]);
  });
});

describe('a recording', () => {
  async function recorded() {
    const { id, from } = newCall();
    const told = await hear(id, 'answered', { from, extension: '101' });
    await hear(id, 'recorded', { file: true });
    await drainJobs({ ...house.deps, fetch, heldHere: () => [], boundChannels: [] });
    const detail = leadDetail.parse(await (await ask(anna, 'GET', `leads/${told.lead_id}`)).json());
    const call = detail.timeline.find((one) => one.type === 'message' && one.call !== null);
    const [file] = (call as { attachments: { id: string; recording: boolean; state: string; mediaType: string }[] })
      .attachments;
    return { file: file!, contactId: told.contact_id };
  }
  const listenTo = (who: Person, id: string, range?: string) =>
    ask(who, 'GET', `recordings/${id}`, undefined, range === undefined ? {} : { Range: range });

  test('is heard with the right to listen and with the right to see, in pieces, and on record once', async () => {
    const { file, contactId } = await recorded();
    expect(file).toMatchObject({ recording: true, state: 'here', mediaType: 'audio/wav' });
    expect((await listenTo(anna, file.id)).status).toBe(403);
    expect((await ask(anna, 'GET', `attachments/${file.id}`)).status).toBe(404);
    expect((await ask(boris, 'PATCH', `users/${boris.userId}`, { mayListen: true })).status).toBe(403);
    expect((await ask(admin, 'PATCH', `users/${anna.userId}`, { mayListen: true })).status).toBe(200);
    await house.sql`update users set may_listen = true where id = ${boris.userId}`;
    expect((await listenTo(boris, file.id)).status, 'not his client').toBe(404);
    // Whoever leaves out the first byte is on record all the same.
    expect((await listenTo(anna, file.id, 'bytes=1-')).status).toBe(206);
    const whole = await listenTo(anna, file.id);
    expect([whole.status, whole.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(SOUND);
    const piece = await listenTo(anna, file.id, 'bytes=100-199');
    expect([piece.status, piece.headers.get('content-range')]).toEqual([206, `bytes 100-199/${SOUND.length}`]);
    expect(Buffer.from(await piece.arrayBuffer())).toEqual(SOUND.subarray(100, 200));
    expect((await listenTo(anna, file.id, 'bytes=9999-')).status).toBe(416);
    const played = await house.sql`
      select actor from audit_log where action = 'recording.played' and target = ${`contact:${contactId}`}`;
    expect(played).toHaveLength(1);
    await house.sql`update users set may_listen = false where id in (${anna.userId}, ${boris.userId})`;
  });

  test('is deleted after its days, and the call stays', async () => {
    const { file } = await recorded();
    expect(await expireRecordings(house.deps)).toBe(0);
    house.clock.set(Date.now() + 31 * 86_400_000);
    expect(await expireRecordings(house.deps)).toBeGreaterThanOrEqual(1);
    house.clock.set(undefined);
    const [row] = await house.sql`select state, content, remote from attachments where id = ${file.id}`;
    expect(row).toEqual({ state: 'expired', content: null, remote: null });
    await house.sql`update users set may_listen = true where id = ${anna.userId}`;
    expect((await listenTo(anna, file.id)).status).toBe(404);
    await house.sql`update users set may_listen = false where id = ${anna.userId}`;
  });
});

describe('a click that calls', () => {
  async function hers(): Promise<{ leadId: string; from: string }> {
    const { id, from } = newCall();
    const told = await hear(id, 'answered', { from, extension: '101' });
    return { leadId: told.lead_id, from };
  }
  const click = (who: Person, leadId: string) => ask(who, 'POST', `leads/${leadId}/call`, { endpointId: line.id });

  test('rings her extension and then the client, and is on record; she sees no number', async () => {
    const { leadId, from } = await hers();
    const detail = leadDetail.parse(await (await ask(anna, 'GET', `leads/${leadId}`)).json());
    expect(detail.calls).toEqual({
      ways: [{ endpoint: { id: line.id, name: 'Site form' }, extension: '101' }],
      hasPhone: true,
      lacksExtension: false,
    });
    const answer = await click(anna, leadId);
    expect(answer.status).toBe(202);
    expect(await answer.text()).not.toContain(from.slice(-4));
    expect(dialled.at(-1)).toMatchObject({ from: { extension: '101' }, to: from });
    const [row] = await house.sql`
      select count(*)::int as n from audit_log where action = 'call.asked' and data ->> 'lead' = ${leadId}`;
    expect(row).toEqual({ n: 1 });
  });

  test('says what went wrong, and calls nobody', async () => {
    const { leadId } = await hers();
    const before = dialled.length;
    refuse = 'refused';
    const refused = await click(anna, leadId);
    expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([
      409,
      'Your telephone is switched off.',
    ]);
    refuse = 'silent';
    expect((await click(anna, leadId)).status).toBe(502);
    refuse = 'no';
    expect((await click(boris, leadId)).status, 'no extension').toBe(409);
    await house.sql`
      insert into extensions (endpoint_id, extension, user_id) values (${line.id}, '102', ${boris.userId})`;
    expect((await click(boris, leadId)).status, 'not his lead').toBe(404);
    await house.sql`delete from extensions where extension = '102'`;
    expect(dialled.length).toBe(before);
  });
});

test('a promise to call back is kept by hand by whoever holds the lead, once', async () => {
  const { id, from } = newCall();
  const told = await hear(id, 'ended', { from, outcome: 'missed' });
  const waiting = (await (await ask(anna, 'GET', 'leads')).json()) as { leads: { id: string; callback: unknown }[] };
  expect(waiting.leads.find((one) => one.id === told.lead_id)?.callback).toMatchObject({ missed: 1 });
  expect((await ask(anna, 'POST', `leads/${told.lead_id}/callback/done`, {})).status).toBe(403);
  expect((await ask(anna, 'POST', `leads/${told.lead_id}/claim`, {})).status).toBe(200);
  const done = await ask(anna, 'POST', `leads/${told.lead_id}/callback/done`, {});
  expect([done.status, ((await done.json()) as { callback: unknown }).callback]).toEqual([200, null]);
  expect((await ask(anna, 'POST', `leads/${told.lead_id}/callback/done`, {})).status).toBe(409);
});

test('a lead that is closed promises nothing any more', async () => {
  const { id, from } = newCall();
  const told = await hear(id, 'ended', { from, outcome: 'missed' });
  await ask(anna, 'POST', `leads/${told.lead_id}/claim`, {});
  const closed = await ask(anna, 'PUT', `leads/${told.lead_id}/stage`, { stage: 'lost' });
  expect(((await closed.json()) as { callback: unknown }).callback).toBeNull();
});

test('who is who: an admin says it, a manager may not even look', async () => {
  const path = `endpoints/${line.id}/extensions`;
  expect((await ask(anna, 'GET', path)).status).toBe(403);
  const { id, from } = newCall();
  await hear(id, 'ringing', { from, extension: '777' });
  const list = async () =>
    ((await (await ask(admin, 'GET', path)).json()) as { extensions: { extension: string; person: unknown }[] })
      .extensions;
  expect((await list()).find((one) => one.extension === '777')).toMatchObject({ person: null });
  const put = (body: object) => ask(admin, 'PUT', path, body);
  expect((await put({ extension: '777', userId: boris.userId, dial: '+79990002233' })).status).toBe(204);
  expect((await list()).find((one) => one.extension === '777')).toMatchObject({
    person: { id: boris.userId },
    dial: '+79990002233',
  });
  expect((await put({ extension: '777', userId: '01a20aeb-d069-71a5-8c62-f0bfef1314df' })).status).toBe(422);
  expect((await ask(admin, 'DELETE', `${path}?extension=777`)).status).toBe(204);
  expect((await ask(admin, 'DELETE', `${path}?extension=777`)).status).toBe(404);
});
