import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openDatabase } from '../../src/db/open.ts';
import { clientAddress } from '../../src/http/client-address.ts';
import { type House, ORIGIN, openHouse } from './house.ts';

let house: House;
let admin: { id: string; token: string };
beforeAll(async () => {
  house = await openHouse();
  admin = await house.person('admin');
});
afterAll(() => house.close());

describe('cross-site requests', () => {
  const json = 'application/json';
  test.each([
    ['our page', { Origin: ORIGIN, 'Sec-Fetch-Site': 'same-origin' }, 201],
    ['our page, an old browser', { Origin: ORIGIN }, 201],
    ['another site', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['another site that claims our origin', { Origin: ORIGIN, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sister site', { Origin: 'http://shop.inlet.test', 'Sec-Fetch-Site': 'same-site' }, 403],
    ['our host on another port', { Origin: 'http://inlet.test:8080' }, 403],
    ['our host with another scheme', { Origin: 'https://inlet.test' }, 403],
    ['our name as a prefix', { Origin: 'http://inlet.test.evil.example' }, 403],
    ['an opaque origin', { Origin: 'null' }, 403],
    ['no origin', { Origin: undefined }, 403],
    ['an empty origin', { Origin: '' }, 403],
  ])('with the cookie, from %s', async (_name, headers, status) => {
    for (const method of ['POST'] as const) expect(await send(method, headers, json)).toBe(status);
    // What never changes anything is not refused.
    expect(await send('GET', headers)).toBe(200);
  });

  test('every unsafe method is looked at, and overriding the method does nothing', async () => {
    const headers = { Origin: 'https://evil.example' };
    for (const [method, path] of [
      ['PATCH', 'me'],
      ['DELETE', 'session'],
      ['PUT', `queues/${admin.id}`],
    ] as const)
      expect((await house.ask(method, path, { as: admin.token, body: {}, headers })).status).toBe(403);
    const override = { ...headers, 'X-HTTP-Method-Override': 'GET', 'X-Method-Override': 'GET' };
    expect(await send('POST', override, json)).toBe(403);
    expect((await house.ask('GET', 'me', { as: admin.token })).status).toBe(200);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json'])(
    'a body of type %s is refused',
    async (type) => expect(await send('POST', { Origin: ORIGIN }, type)).toBe(415),
  );

  test('logging in from another site is refused, from a script it is not', async () => {
    const body = { email: 'a@example.com', password: 'x' };
    const from = async (headers: Record<string, string>) =>
      (await house.ask('POST', 'session', { body, headers })).status;
    expect(await from({ Origin: 'https://evil.example' })).toBe(403);
    expect(await from({ 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    expect(await from({})).toBe(401);
    expect(await from({ Origin: ORIGIN })).toBe(401);
  });

  test('no CORS header ever', async () => {
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
      const answer = await house.ask(method, 'queues', { as: admin.token, headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  async function send(method: string, headers: Record<string, string | undefined>, type?: string): Promise<number> {
    const sent = new Headers({ Cookie: `inlet_session=${admin.token}` });
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent.set(name, value);
    if (type !== undefined) sent.set('Content-Type', type);
    const body = method === 'GET' ? {} : { body: JSON.stringify({ name: 'Q' }) };
    return (await house.app.request(`${ORIGIN}/api/v1/queues`, { method, headers: sent, ...body })).status;
  }
});

describe('what went wrong is told without what was sent', () => {
  const canary = 'zq-CANARY-71';
  test.each([
    ['POST', 'session', { email: { canary }, password: [canary] }, 422, ['email', 'password']],
    ['POST', 'users', { email: canary, name: '', role: canary }, 422, ['email', 'name', 'role']],
    ['POST', 'api-keys', { name: 'n', scope: canary, userId: canary }, 422, ['scope', 'userId']],
    [
      'POST',
      'queues',
      { name: 'n', offerSeconds: canary, members: [{ userId: canary }] },
      422,
      ['offerSeconds', 'members.0.userId'],
    ],
    [
      'POST',
      'queues',
      { name: 'n', hours: { timezone: canary, week: { mon: [['18:00', '09:00']] } } },
      422,
      ['hours.timezone', 'hours.week.mon'],
    ],
    ['POST', 'queues', canary, 422, ['body']],
    [
      'POST',
      'rules',
      { name: 'n', queueId: canary, conditions: { contact: canary } },
      422,
      ['conditions.contact', 'queueId'],
    ],
    ['POST', 'endpoints', { channel: canary, name: 'n' }, 422, ['channel']],
    [
      'POST',
      'endpoints',
      { channel: 'probe', name: 'n', settings: { count: canary, mode: canary, token: 5 } },
      422,
      ['settings.count', 'settings.mode', 'settings.token'],
    ],
    ['PATCH', 'me', { newPassword: `${canary}${canary}` }, 422, ['currentPassword']],
  ] as const)('%s %s', async (method, path, body, status, fields) => {
    const answer = await house.ask(method, path, { as: admin.token, body });
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(Object.keys(JSON.parse(text).fields).sort()).toEqual([...fields].sort());
    expect(text).not.toContain('CANARY');
  });

  test('broken JSON, a foreign path, an id that is none', async () => {
    const broken = await house.app.request(`${ORIGIN}/api/v1/queues`, {
      method: 'POST',
      headers: { Cookie: `inlet_session=${admin.token}`, Origin: ORIGIN, 'Content-Type': 'application/json' },
      body: `{"name": "${canary}`,
    });
    expect([broken.status, (await broken.text()).includes('CANARY')]).toEqual([400, false]);
    for (const path of [`users/${canary}`, `${canary}`, `/api/${canary}`, `/api/v1/users/${admin.id}/${canary}`]) {
      const answer = await house.ask('GET', path, { as: admin.token });
      const text = await answer.text();
      expect([answer.status, text.includes('CANARY')], path).toEqual([404, false]);
    }
  });

  test('too much is 413, before anybody signed in it is less', async () => {
    const send = (path: string, size: number, as?: string) =>
      house.ask('POST', path, { as, body: { name: 'x'.repeat(size) } });
    expect((await send('session', 20_000)).status).toBe(413);
    expect((await send('queues', 20_000, admin.token)).status).toBe(422);
    expect((await send('queues', 9_000_000, admin.token)).status).toBe(413);
  });

  test('a bug is 500 with a number, and the log has no values', async () => {
    const sql = Object.assign(() => Promise.reject(new Error('boom')), { begin: () => Promise.reject(odd) });
    const odd = Object.assign(new Error(`duplicate ${canary}`), {
      name: 'PostgresError',
      code: '22P02',
      message: `invalid input syntax for type uuid: "${canary}"`,
      detail: canary,
    });
    const broken = {
      ...house.deps,
      sql: new Proxy(house.deps.sql, { get: (to, name) => (name === 'begin' ? sql.begin : Reflect.get(to, name)) }),
    };
    const answer = await createApp(broken).request(`${ORIGIN}/api/v1/queues`, {
      headers: { Cookie: `inlet_session=${admin.token}` },
    });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    const number = /[0-9a-f-]{36}/.exec(text)?.[0];
    expect(house.logged.some((line) => line.startsWith('http.failed') && line.includes(number!))).toBe(true);
    expect(text + house.logged.join()).not.toContain('CANARY');
  });
});

test('without a database: 503 with Retry-After, alive but not ready', async () => {
  const sql = openDatabase('postgres://nobody:x@127.0.0.1:9/none', { max: 1, applicationName: 'test' });
  const app = createApp({ ...house.deps, sql });
  const ask = (path: string) => app.request(ORIGIN + path, { headers: { Cookie: `inlet_session=${admin.token}` } });
  const answer = await ask('/api/v1/me');
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  expect((await ask('/healthz')).status).toBe(200);
  expect((await ask('/readyz')).status).toBe(503);
  expect((await house.ask('GET', '/readyz')).status).toBe(200);
  await sql.end({ timeout: 0 });
});

describe('headers', () => {
  test('of the API: nothing is stored, framed, sniffed or scripted', async () => {
    for (const path of ['/api/v1/queues', '/api/v1/nowhere', '/api/openapi.json']) {
      const { headers } = await house.ask('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';.*frame-ancestors 'none'$/);
      expect(headers.get('strict-transport-security')).toBeNull();
    }
  });

  test('over https: a host cookie that only https sees, and HSTS', async () => {
    const config = { ...house.deps.config, publicUrl: 'https://inlet.test' };
    const app = createApp({ ...house.deps, config });
    const as = (name: string) =>
      app.request('http://10.0.0.5:3000/api/v1/queues', {
        method: 'POST',
        headers: {
          Cookie: `${name}=${admin.token}`,
          Origin: 'https://inlet.test',
          'Content-Type': 'application/json',
        },
        body: '{"name":"Q"}',
      });
    expect((await as('inlet_session')).status).toBe(401);
    const answer = await as('__Host-inlet');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('strict-transport-security')).toContain('max-age=31536000');
    const out = await app.request('http://10.0.0.5:3000/api/v1/session', {
      method: 'DELETE',
      headers: { Cookie: `__Host-inlet=${(await house.person('head')).token}`, Origin: 'https://inlet.test' },
    });
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-inlet=; Max-Age=0; Path=\/; Secure$/);
  });
});

describe('the client’s address', () => {
  const resolve = clientAddress(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1']);
  test.each([
    ['203.0.113.5', '1.1.1.1', '203.0.113.5'],
    ['203.0.113.5', undefined, '203.0.113.5'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '1.1.1.1', '1.1.1.1'],
    ['10.1.2.3', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['10.1.2.3', '6.6.6.6, 1.1.1.1, 10.9.9.9, 192.0.2.1', '1.1.1.1'],
    ['10.1.2.3', '6.6.6.6, garbage, 10.9.9.9', '10.9.9.9'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['::ffff:10.1.2.3', '1.1.1.1:5555', '1.1.1.1'],
    ['::1', '[2a00:1450::5]:443', '2a00:1450::5'],
    ['2001:db8:5::9%eth0', '1.1.1.1', '1.1.1.1'],
    ['2001:db9::9', '1.1.1.1', '2001:db9::9'],
    ['11.0.0.1', '1.1.1.1', '11.0.0.1'],
    ['', '1.1.1.1', ''],
  ])('socket %s, X-Forwarded-For %s: %s', (peer, forwarded, expected) => {
    expect(resolve(peer, forwarded)).toBe(expected);
  });

  test('nobody is believed by default, and a wrong list does not start', () => {
    expect(clientAddress([])('127.0.0.1', '6.6.6.6')).toBe('127.0.0.1');
    for (const entry of ['10.0.0.0/33', 'localhost', '10.0.0', '2001:db8::/129', '1.2.3.4/', ':::/3'])
      expect(() => clientAddress([entry]), entry).toThrow(entry);
  });

  test('a forged header does not give more guesses', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const headers = {
        'X-Forwarded-For': `10.0.0.${index}`,
        'CF-Connecting-IP': `10.0.1.${index}`,
        'X-Real-IP': '1.2.3.4',
      };
      const body = { email: 'forged@example.com', password: 'wrong' };
      statuses.push((await house.ask('POST', 'session', { body, headers, peer: '198.51.100.77' })).status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });
});
