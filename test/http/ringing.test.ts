/** Who gets a call that rings: the answer to the provider, through the door, in time or with the safe default. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type CallRoute, type Channel, defineChannel } from '../../src/channel.ts';
import { createDoor, type Door } from '../../src/http/door.ts';
import { nodeDoor } from '../../src/http/node-door.ts';
import type { Acceptor } from '../../src/intake/accept.ts';
import { createAnswerRinging } from '../../src/intake/answer-ringing.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { createMeter } from '../../src/intake/meter.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { silentLog } from '../../src/log.ts';
import { type House, openHouse } from '../intake/house.ts';
import { addMember, makeQueue, makeUser } from '../setup/fixtures.ts';

const commands: (CallRoute | undefined)[] = [];

/** A provider that asks with every post: `{"id", "from", "withinMs"}`. */
const asker = defineChannel({
  id: 'asker',
  title: { en: 'Asker', ru: 'Asker' },
  settings: z.object({ allowedAddresses: z.array(z.string()).default([]) }),
  capabilities: {
    receives: ['call'],
    maxBodyBytes: 10_000,
    takesGets: true,
    takesPaths: true,
    addressesSetting: 'allowedAddresses',
    rate: { perAddressPerMinute: 100_000, perEndpointPerMinute: 100_000 },
  },
  handshake: ({ url }) => (url.includes('challenge=') ? { status: 200, body: 'yes' } : undefined),
  verify: ({ body, method }) => {
    if (method === 'GET') return { answer: { status: 200, body: 'taken' } };
    const { id, from, withinMs = 2000 } = JSON.parse(new TextDecoder().decode(body)) as Asked;
    return {
      asks: {
        callId: id,
        ...(from === undefined ? {} : { caller: { kind: 'phone', value: from, trust: 'observed' } }),
        withinMs,
        reply: (route) => ({ status: 200, body: JSON.stringify(route?.targets ?? 'default') }),
        command: async (route) => void commands.push(route),
      },
    };
  },
  parse: ({ body, method }) => {
    if (method === 'GET') return { ignored: 'a look' };
    const { id, from } = JSON.parse(new TextDecoder().decode(body)) as Asked;
    return [
      {
        eventId: id,
        kind: 'call',
        direction: 'inbound',
        sender: { identities: from === undefined ? [] : [{ kind: 'phone', value: from, trust: 'observed' }] },
        call: { happened: 'ringing', direction: 'inbound', ...(from === undefined ? { hiddenNumber: true } : {}) },
      },
    ];
  },
}) as unknown as Channel;

interface Asked {
  readonly id: string;
  readonly from?: string;
  readonly withinMs?: number;
}

let house: House;
let server: Server;
let base: string;
let endpoint: OpenEndpoint;

beforeAll(async () => {
  house = await openHouse([asker]);
  endpoint = await house.open({}, 'asker');
  const door = doorWith(house.acceptor);
  const enter = nodeDoor(door);
  server = createServer((req, res) => {
    if (enter(req, res)) return;
    void door({
      method: req.method ?? '',
      channel: 'asker',
      key: endpoint.context.key,
      url: req.url ?? '',
      headers: {},
      peer: '127.0.0.1',
      body: async () => new Uint8Array(),
    }).then((answer) => res.writeHead(answer.status).end(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/asker/${endpoint.context.key}`;
});
function doorWith(acceptor: Acceptor): Door {
  const { sql, vault, clock, deps } = house;
  const config = { publicUrl: 'https://inlet.example.com', trustedProxies: [], version: '0' };
  return createDoor(
    { sql, vault, clock, channels: [], config, log: silentLog },
    {
      endpoints: deps.endpoints,
      acceptor,
      meter: createMeter(sql, vault, clock),
      fetch,
      ring: createAnswerRinging({ ...deps, log: silentLog }),
    },
  );
}

beforeEach(async () => {
  commands.length = 0;
  await house.sql`delete from extensions`;
  await house.sql`update users set on_shift_since = null`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await house.close();
});

let count = 0;
const phone = (): string => {
  count += 1;
  return `+7999${3_000_000 + count}`;
};
let asked = 0;
/** What is written down after an answer is there. */
const noted = () => expect.poll(() => house.sql`select from call_routes`, { timeout: 10_000 }).toHaveLength(asked);
async function ask(from: string | undefined, more: Partial<Asked> = {}): Promise<unknown> {
  count += 1;
  asked += 1;
  const body = JSON.stringify({ id: `ask-${count}`, ...(from === undefined ? {} : { from }), ...more });
  const answer = await fetch(base, { method: 'POST', body });
  expect(answer.status).toBe(200);
  return answer.json();
}

async function manager(extension: string, more: { onShift?: boolean; queue?: string; dial?: string } = {}) {
  const user = await makeUser(house, { onShift: more.onShift ?? true });
  const { userId } = user;
  await house.sql`
    insert into extensions (endpoint_id, extension, user_id, dial)
    values (${endpoint.id}, ${extension}, ${userId}, ${more.dial ?? null})`;
  if (more.queue !== undefined) await addMember(house, more.queue, userId);
  return user;
}

const defaultQueue = async (): Promise<string> =>
  (await house.sql<{ id: string }[]>`select id from queues where is_default`)[0]!.id;

async function knownClient(ownerId: string): Promise<string> {
  const from = phone();
  await ask(from);
  await drainPending(house.deps);
  await house.sql`
    update leads set owner_id = ${ownerId}, claimed_at = now()
    where contact_id = (select contact_id from leads order by id desc limit 1)`;
  return from;
}

describe('a known client', () => {
  test('is put through to their own manager, at the address that is written for them', async () => {
    const anna = await manager('101', { dial: '+79990002233' });
    await manager('102', { queue: await defaultQueue() });
    const from = await knownClient(anna.userId);
    expect(await ask(from)).toEqual([{ extension: '101', dial: '+79990002233' }]);
    expect(await ask(from.replace('+7', '8'))).toEqual([{ extension: '101', dial: '+79990002233' }]);
  });

  test('whose manager is off shift, or talks to somebody, goes to the queue', async () => {
    const anna = await manager('111', { onShift: false });
    await manager('112', { queue: await defaultQueue() });
    const from = await knownClient(anna.userId);
    expect(await ask(from)).toEqual([{ extension: '112' }]);
    await house.sql`update users set on_shift_since = now() where id = ${anna.userId}`;
    expect(await ask(from)).toEqual([{ extension: '111' }]);
    await house.sql`
      update calls set state = 'talking', answered_by = ${anna.userId} where id = (select id from calls limit 1)`;
    expect(await ask(from)).toEqual([{ extension: '112' }]);
    await house.sql`update calls set state = 'ringing', answered_by = null where state = 'talking'`;
  });
});

describe('a new caller', () => {
  test('rings everybody of the queue who is free, whoever waited longest first', async () => {
    const queue = await defaultQueue();
    await manager('121', { queue });
    await manager('122', { queue });
    await manager('123', { onShift: false, queue });
    const first = (await ask(phone())) as { extension: string }[];
    expect(first.map(({ extension }) => extension).sort()).toEqual(['121', '122']);
  });

  test('in a round robin rings one person, and the next caller the next one', async () => {
    const queue = await makeQueue(house, { strategy: 'round_robin' });
    await house.sql`
      insert into routing_rules (id, position, name, conditions, queue_id)
      values (gen_random_uuid(), 0, 'calls', ${{ endpoints: [endpoint.id] } as never}, ${queue})`;
    await manager('131', { queue });
    await manager('132', { queue });
    const rung: string[] = [];
    for (const _ of [1, 2, 3, 4]) {
      const targets = (await ask(phone())) as { extension: string }[];
      rung.push(targets.map(({ extension }) => extension).join('+'));
      await noted();
    }
    await house.sql`delete from routing_rules`;
    expect(new Set(rung)).toEqual(new Set(['131', '132']));
    expect(rung[0]).not.toBe(rung[1]);
    expect(rung.slice(2)).toEqual(rung.slice(0, 2));
  });

  test('waits for no other call that rings the same people: a hundred of them would wait in a circle', async () => {
    const queue = await defaultQueue();
    const [anna] = [await manager('151', { queue }), await manager('152', { queue })];
    await house.sql.begin(async (tx) => {
      await tx`select from queue_members where user_id = ${anna.userId} for update`;
      await ask(phone());
      await noted();
    });
  });

  test('with a hidden number, or with nobody there, gets what they can', async () => {
    expect(await ask(phone())).toBe('default');
    await manager('141', { queue: await defaultQueue() });
    expect(await ask(undefined)).toEqual([{ extension: '141' }]);
  });
});

describe('the safe default', () => {
  test('is what a provider gets when there is no time to think, and the delivery is there all the same', async () => {
    await manager('151', { queue: await defaultQueue() });
    await drainPending(house.deps);
    const before = await house.census();
    expect(await ask(phone(), { withinMs: 0 })).toBe('default');
    await expect
      .poll(async () => {
        const [row] = await house.sql`select because ->> 'reason' as reason from call_routes order by at desc limit 1`;
        return row?.reason;
      })
      .toBe('too-slow');
    await drainPending(house.deps);
    expect((await house.census()).leads).toBe(before.leads! + 1);
  });

  test('promises nothing without a commit: a 503, and the caller does not wait for long', async () => {
    const frozen = { ...house.acceptor, accept: () => new Promise<never>(() => undefined) };
    const body = new TextEncoder().encode(JSON.stringify({ id: 'frozen', from: phone() }));
    const answer = await doorWith(frozen)({
      method: 'POST',
      channel: 'asker',
      key: endpoint.context.key,
      url: `/in/asker/${endpoint.context.key}`,
      headers: {},
      peer: '127.0.0.1',
      body: async () => body,
    });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(commands).toEqual([]);
  });

  test('why it rang where it rang is kept with the call, and the command follows the answer', async () => {
    const anna = await manager('161', { queue: await defaultQueue() });
    await ask(phone());
    await expect
      .poll(async () => (await house.sql`select people from call_routes order by at desc limit 1`)[0]?.people)
      .toEqual([anna.userId]);
    expect(commands).toEqual([{ targets: [{ extension: '161' }] }]);
  });
});

describe('the door', () => {
  test('answers a challenge, and takes every other look as a delivery', async () => {
    const look = async (query: string) => {
      const answer = await fetch(`${base}/extra/path?${query}`);
      return [answer.status, await answer.text()];
    };
    const before = await house.census();
    expect(await look('challenge=1')).toEqual([200, 'yes']);
    expect((await house.census()).pending).toBe(before.pending);
    expect(await look('event=1')).toEqual([200, 'taken']);
    await drainPending(house.deps);
    expect((await house.census()).outcomes).toBe(before.outcomes! + before.pending! + 1);
  });

  test('lets nobody in who is not on the list of addresses', async () => {
    const closed = await house.open({ allowedAddresses: ['192.0.2.0/24', '2001:db8::/32'] }, 'asker');
    const post = () =>
      fetch(base.replace(endpoint.context.key, closed.context.key), { method: 'POST', body: '{"id":"x"}' });
    expect((await post()).status).toBe(403);
    const open = await house.open({ allowedAddresses: ['127.0.0.0/8'] }, 'asker');
    const inside = await fetch(base.replace(endpoint.context.key, open.context.key), {
      method: 'POST',
      body: '{"id":"y"}',
    });
    expect(inside.status).toBe(200);
  });
});
