/** The Worker's bundle in workerd, over a local Hyperdrive to PostgreSQL, beside the Node app. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NEWEST_MIGRATION } from '../../src/db/newest-migration.ts';
import { EDGE_ORIGIN, eventually, type House, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

interface Answered {
  readonly status: number;
  readonly headers: { get: (name: string) => string | null };
  json: () => Promise<unknown>;
}

function post(body: unknown, headers: Record<string, string> = {}) {
  return house.worker.fetch(`${EDGE_ORIGIN}/in/form/${house.endpoint.key}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': '198.51.100.7', ...headers },
    body: JSON.stringify(body),
  });
}

async function accepted(response: Answered): Promise<{ delivery: string; duplicate: boolean }> {
  const body = (await response.json()) as { delivery: string; duplicate: boolean };
  expect({ status: response.status, ...body }).toMatchObject({ status: 202, delivery: expect.any(String) });
  return body;
}

/** A problem with this status, that a sender can read and come back after. */
async function unavailable(response: Answered): Promise<string> {
  const { status, detail } = (await response.json()) as { status: number; detail: string };
  expect([response.status, status]).toEqual([503, 503]);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  return detail;
}

async function count(table: string): Promise<number> {
  const [row] = await house.sql<{ n: number }[]>`select count(*)::int as n from ${house.sql(table)}`;
  return row!.n;
}

const CRLF = Buffer.from('\r\n');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let people = 0;
/** Somebody who has not written before. */
function somebody(): string {
  people += 1;
  return `+7 999 555-${String(people).padStart(4, '0').replace(/^(..)/, '$1-')}`;
}

describe('a form posted to the Worker', () => {
  test('is a lead that a manager sees and claims on Node', async () => {
    const { delivery } = await accepted(await post({ name: 'Анна', phone: somebody(), message: 'Привет' }));
    const { lead_id, outcome } = await eventually(() => house.outcome(delivery));
    expect(outcome).toBe('opened');
    const anna = await house.manager('Anna');
    const list = (await (await house.node('GET', '/api/v1/leads?status=waiting', anna.token)).json()) as {
      leads: { id: string }[];
    };
    expect(list.leads.map((lead) => lead.id)).toContain(lead_id);
    expect((await house.node('POST', `/api/v1/leads/${lead_id}/claim`, anna.token, {})).status).toBe(200);
    expect(await (await house.node('GET', `/api/v1/leads/${lead_id}`, anna.token)).text()).toContain('Привет');
    const boris = await house.manager('Boris');
    const late = await house.worker.fetch(`${EDGE_ORIGIN}/api/v1/leads/${lead_id}/claim`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${boris.key}`, 'Content-Type': 'application/json' },
      body: '{}',
    });
    expect(late.status).toBe(409);
    expect(await late.json()).toMatchObject({ heldBy: { name: 'Anna' } });
  });

  test('by a person known to Node is attached to their open lead', async () => {
    const phone = somebody();
    const first = await accepted(await post({ phone, message: 'one' }));
    const { lead_id } = await eventually(() => house.outcome(first.delivery));
    const again = await accepted(await post({ phone: phone.replace('+7', '8'), message: 'two' }));
    expect(await eventually(() => house.outcome(again.delivery))).toMatchObject({ outcome: 'attached', lead_id });
  });

  test('forty at a time are forty leads: no request waits for the socket of another', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => post({ phone: somebody() })));
    const leads = new Set<string>();
    for (const answer of answers) {
      const { delivery } = await accepted(answer);
      leads.add((await eventually(() => house.outcome(delivery))).lead_id);
    }
    expect(leads.size).toBe(40);
  });

  test('with a file and in windows-1251 is read as on Node', async () => {
    const boundary = 'x1';
    const words = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]); // Привет
    const part = (head: string, body: Buffer) =>
      Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), body, CRLF]);
    const body = Buffer.concat([
      part('name="_charset_"', Buffer.from('windows-1251')),
      part('name="phone"', Buffer.from(somebody())),
      part('name="message"', words),
      part('name="photo"; filename="a.png"\r\nContent-Type: image/png', PNG),
      Buffer.from(`--${boundary}--\r\n`),
    ]);
    const response = await house.worker.fetch(`${EDGE_ORIGIN}/in/form/${house.endpoint.key}`, {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, Accept: 'application/json' },
      body,
    });
    const { delivery } = await accepted(response);
    const { lead_id } = await eventually(() => house.outcome(delivery));
    const vera = await house.manager('Vera');
    await house.node('POST', `/api/v1/leads/${lead_id}/claim`, vera.token, {});
    const detail = await (await house.node('GET', `/api/v1/leads/${lead_id}`, vera.token)).text();
    expect(detail).toContain('Привет');
    expect(detail).toContain('a.png');
  });

  test('by a browser without a script ends on a page; the form itself is served too', async () => {
    const form = await house.worker.fetch(`${EDGE_ORIGIN}/in/form/${house.endpoint.key}`);
    expect(form.status).toBe(200);
    expect(await form.text()).toContain(`/in/form/${house.endpoint.key}`);
    const sent = await house.worker.fetch(`${EDGE_ORIGIN}/in/form/${house.endpoint.key}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' },
      body: new URLSearchParams({ phone: somebody() }).toString(),
      redirect: 'manual',
    });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, expect.stringContaining('/in/form/')]);
  });
});

describe('never doubled', () => {
  test('a repeat is one delivery, whichever entry it comes to', async () => {
    const body = { phone: somebody(), message: 'once' };
    const key = { 'Idempotency-Key': randomBytes(12).toString('hex') };
    const path = `/in/form/${house.endpoint.key}`;
    const first = await accepted(await post(body, key));
    expect(first.duplicate).toBe(false);
    expect(await accepted(await house.node('POST', path, undefined, body, key))).toEqual({
      ...first,
      duplicate: true,
    });
    expect(await accepted(await post(body, key))).toEqual({ ...first, duplicate: true });
    const other = { 'Idempotency-Key': randomBytes(12).toString('hex') };
    const onNode = await accepted(await house.node('POST', path, undefined, { ...body, message: 'twice' }, other));
    const there = await accepted(await post({ ...body, message: 'twice' }, other));
    expect(there).toEqual({ delivery: onNode.delivery, duplicate: true });
  });
});

describe('what the Worker believes and offers', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    house.worker.fetch(`${EDGE_ORIGIN}${path}`, { headers });

  test('its sessions ask the database for no role and no setting', () => {
    const names = new Set(house.gate.asked.flatMap((startup) => Object.keys(startup)));
    expect([...names].sort()).toEqual(['application_name', 'client_encoding', 'database', 'user']);
    expect(house.gate.asked[0]!.user).toMatch(/^inlet_edge_/);
  });

  test('the address is what Cloudflare says, whatever else a client claims', async () => {
    const from = (address: string, claimed: string) =>
      post({ phone: somebody() }, { 'CF-Connecting-IP': address, 'X-Forwarded-For': claimed });
    await house.sql`update endpoints set rate_per_address = 1 where id = ${house.endpoint.id}`;
    await house.restart();
    // Two of three fall into one minute, also when the minute ends in between.
    const statuses = [];
    for (const claimed of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      statuses.push((await from('198.51.100.50', claimed)).status);
    expect(statuses).toContain(429);
    expect((await from('198.51.100.51', '192.0.2.1')).status).toBe(202);
    await house.sql`update endpoints set rate_per_address = 10000 where id = ${house.endpoint.id}`;
    await house.restart();
  });

  test('an API key works; logging in, live events and the web app are on Node, and it says so', async () => {
    const { key } = await house.manager('Clara');
    const authorized = { Authorization: `Bearer ${key}` };
    const list = await get('/api/v1/leads?status=waiting', authorized);
    expect([list.status, Object.keys((await list.json()) as object)]).toEqual([
      200,
      expect.arrayContaining(['leads']),
    ]);
    expect((await get('/api/v1/leads')).status).toBe(401);
    expect((await get('/api/v1/events', authorized)).status).toBe(501);
    const login = { email: 'a@example.com', password: 'x' };
    for (const path of ['/api/v1/session', '/api/v1/setup']) {
      const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(login) };
      const refused = await house.worker.fetch(`${EDGE_ORIGIN}${path}`, init);
      expect([refused.status, await refused.json()]).toMatchObject([501, { detail: expect.stringContaining('Node') }]);
    }
    for (const path of ['/', '/leads', '/metrics', '/api/docs']) expect((await get(path)).status).toBe(404);
    expect((await get('/api/openapi.json')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
  });

  test('a password cannot be changed here, and the reason is named', async () => {
    const { token } = await house.manager('Dora');
    const refused = await house.worker.fetch(`${EDGE_ORIGIN}/api/v1/me`, {
      method: 'PATCH',
      headers: { Cookie: `inlet_session=${token}`, Origin: EDGE_ORIGIN, 'Content-Type': 'application/json' },
      body: JSON.stringify({ currentPassword: 'old password of hers', newPassword: 'new password of hers' }),
    });
    expect(await unavailable(refused)).toContain('Node server only');
  });
});

describe('the cron trigger', () => {
  const cron = () => house.worker.getWorker().scheduled({ cron: '* * * * *' });

  test('processes what was only accepted', async () => {
    const path = `/in/form/${house.endpoint.key}`;
    const { delivery } = await accepted(await house.node('POST', path, undefined, { phone: somebody() }));
    expect(await house.outcome(delivery)).toBeUndefined();
    await cron();
    expect(await house.outcome(delivery)).toMatchObject({ outcome: 'opened' });
    expect(await count('batch_claims')).toBe(0);
  });

  test('drains what a request could not process after its answer', async () => {
    // 53300, too many connections: passes by itself, so the delivery stays pending without an attempt counted.
    await house.owner.unsafe(`
      create function refuse_leads() returns trigger language plpgsql as
        $$ begin raise exception 'not now' using errcode = '53300'; end $$;
      create trigger refuse_leads before insert on leads for each row execute function refuse_leads()`);
    house.worker.clearLogs();
    const { delivery } = await accepted(await post({ phone: somebody() }));
    const told = () => house.worker.getLogs().find(({ message }) => message.includes('processing.left_to_cron'));
    await eventually(async () => told());
    expect(await house.outcome(delivery)).toBeUndefined();
    expect(await house.sql`select attempts from pending where delivery_id = ${delivery}`).toMatchObject([
      { attempts: 0 },
    ]);
    await house.owner.unsafe('drop trigger refuse_leads on leads; drop function refuse_leads');
    await cron();
    expect(await house.outcome(delivery)).toMatchObject({ outcome: 'opened' });
  });

  test('makes offers and forgets what has run out', async () => {
    await house.sql`insert into once_values (value, expires_at) values (gen_random_uuid(), now() - interval '1 hour')`;
    await cron();
    expect(await count('once_values')).toBe(0);
  });
});

describe('when the database is away', () => {
  // Twice the five seconds after which a connection is given up.
  test('the answer is 503 with Retry-After, and afterwards all is well', { timeout: 60_000 }, async () => {
    await accepted(await post({ phone: somebody() }));
    const before = await count('deliveries');
    house.gate.shut();
    try {
      const asked = [house.worker.fetch(`${EDGE_ORIGIN}/readyz`), post({ phone: somebody() })];
      await Promise.all(asked.map(async (one) => unavailable(await one)));
      expect((await house.worker.fetch(`${EDGE_ORIGIN}/healthz`)).status).toBe(200);
      await house.restart(); // nor does an isolate without a memory say anything else
      await unavailable(await post({ phone: somebody() }));
    } finally {
      house.gate.open();
    }
    const { delivery } = await accepted(await post({ phone: somebody() }));
    await eventually(() => house.outcome(delivery));
    expect(await count('deliveries')).toBe(before + 1);
  });
});

describe('a Worker that is not set up', () => {
  test('under another master key refuses and writes nothing', async () => {
    const before = [await count('deliveries'), await count('rate_counters'), await count('vault_keys')];
    await house.restart({ INLET_MASTER_KEY: randomBytes(32).toString('base64') });
    expect(await unavailable(await post({ phone: somebody() }))).toContain('not the master key');
    await house.restart({ INLET_MASTER_KEY: 'short' });
    expect(await unavailable(await post({ phone: somebody() }))).toContain('malformed');
    expect([await count('deliveries'), await count('rate_counters'), await count('vault_keys')]).toEqual(before);
  });

  test('on an older database says so until it is migrated', async () => {
    const missing = await house.owner<{ name: string; sha256: string }[]>`
      delete from inlet_migrations where name >= ${NEWEST_MIGRATION} returning name, sha256`;
    await house.restart();
    expect(await unavailable(await post({ phone: somebody() }))).toContain('migrate');
    await house.owner`insert into inlet_migrations ${house.owner(missing)}`;
    await accepted(await post({ phone: somebody() }));
  });

  test('with a login that may not read the history of migrations names the document', async () => {
    const login = house.owner(new URL(house.edgeUrl).username);
    await house.owner`revoke select on inlet_migrations from ${login}`;
    await house.restart();
    expect(await unavailable(await post({ phone: somebody() }))).toContain('docs/worker.md');
    await house.owner`grant select on inlet_migrations to ${login}`;
    await accepted(await post({ phone: somebody() }));
  });

  test('without its own address says which variable', async () => {
    await house.restart({}, { INLET_PUBLIC_URL: '' });
    expect(await unavailable(await post({ phone: somebody() }))).toContain('INLET_PUBLIC_URL');
    await house.restart();
    await accepted(await post({ phone: somebody() }));
  });
});
