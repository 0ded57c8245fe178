/** The door through both its frames: what Hono answers and what the Node server answers must be the same. */
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createDoor, type DoorParts } from '../../src/http/door.ts';
import { nodeDoor } from '../../src/http/node-door.ts';
import { createAcceptor } from '../../src/intake/accept.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { createMeter } from '../../src/intake/meter.ts';
import { rawPlace } from '../../src/intake/places.ts';
import { unpackRequest } from '../../src/intake/raw.ts';
import { openDeliveryKey } from '../../src/intake/read-delivery.ts';
import { silentLog } from '../../src/log.ts';
import { unseal } from '../../src/vault/seal.ts';
import { type House, openHouse } from '../intake/house.ts';
import { openProbe } from '../intake/probe.ts';
import { withoutIds } from '../setup/without-ids.ts';

let house: House;
let app: ReturnType<typeof createApp>;
let server: Server;
let base: string;
let closed: OpenEndpoint;
let probe: OpenEndpoint;
beforeAll(async () => {
  house = await openHouse([openProbe().channel]);
  closed = await house.open({ allowedOrigins: ['https://shop.example'] });
  probe = await house.open({}, 'probe');
  ({ app, server, base } = await serve());
});
beforeEach(async () => void (await house.sql`delete from rate_counters`));
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await house.close();
});

async function serve(trustedProxies: string[] = [], more: Partial<DoorParts> = {}) {
  const { sql, vault, clock } = house;
  const config = { publicUrl: 'https://inlet.example.com', trustedProxies, version: '0' };
  const deps = { sql, vault, clock, channels: [], config, log: silentLog };
  const parts = {
    endpoints: house.deps.endpoints,
    acceptor: house.acceptor,
    meter: createMeter(sql, vault, clock),
    fetch,
    ...more,
  };
  const door = createDoor(deps, parts);
  const made = createApp(deps, { intake: { ...parts, door } });
  const listener = getRequestListener(made.fetch);
  const enter = nodeDoor(door);
  const http = createServer((req, res) => {
    if (!enter(req, res)) void listener(req, res);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { app: made, server: http, base: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

interface Told {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}
interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What the connection adds by itself is not the door's. */
const CONNECTION = ['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'];

async function read(answer: Response): Promise<Told> {
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !CONNECTION.includes(name)));
  return { status: answer.status, headers, body: await answer.text() };
}

/** Asks both, and takes the ids of new deliveries out of what they say. */
async function both(path: string, { method = 'POST', headers = {}, body }: Ask = {}): Promise<Told> {
  const init = { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) } as const;
  const env = { incoming: { socket: { remoteAddress: '127.0.0.1' } } };
  const [one, two] = [
    await read(await app.request(`${base}${path}`, init, env)),
    await read(await fetch(`${base}${path}`, init)),
  ];
  const blind = (told: Told) => ({
    ...told,
    body: told.body.replace(/"delivery":"[0-9a-f-]{36}"/, '"delivery":"<id>"'),
  });
  expect(blind(two)).toEqual(blind(one));
  return one;
}
const at = (endpoint: OpenEndpoint) => `/in/${endpoint.channel.id}/${endpoint.context.key}`;
const json = { 'content-type': 'application/json' };
const SECRET = '+79990001122';
const good = { headers: json, body: JSON.stringify({ phone: SECRET, name: '<b>Anna</b>' }) };
const deliveries = async () => (await house.sql`select from deliveries`).length;

describe('both frames of the door', () => {
  test('take a request, with the same headers', async () => {
    const told = await both(at(house.endpoint), good);
    expect(told).toMatchObject({
      status: 202,
      headers: {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'strict-transport-security': expect.stringContaining('max-age'),
      },
    });
    expect(JSON.parse(told.body)).toEqual({ delivery: expect.any(String), duplicate: false });
  });

  test('know a repeat whichever way it comes', async () => {
    const headers = { ...json, 'idempotency-key': 'both' };
    const first = await app.request(at(house.endpoint), { method: 'POST', ...good, headers });
    const second = await fetch(`${base}${at(house.endpoint)}`, { method: 'POST', ...good, headers });
    const [one, two] = [JSON.parse(await first.text()), JSON.parse(await second.text())];
    expect(two).toEqual({ ...one, duplicate: true });
  });

  test('refuse what they do not know, without a word of what was sent', async () => {
    const key = house.endpoint.context.key;
    const paths = [
      '/in/form/aaaaaaaaaaaaaaaaaaaaaaaa',
      `/in/telegram/${key}`,
      `/in/probe/${key}`,
      '/in/form/x',
      `/in/FORM/${key}`,
    ];
    const before = await deliveries();
    for (const path of paths) {
      const told = await both(`${path}?q=${encodeURIComponent(SECRET)}`, good);
      expect(told).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } });
      expect(withoutIds(String(told.body))).not.toMatch(/7999|Anna|aaaa/);
    }
    expect(await deliveries()).toBe(before);
  });

  test.each([
    [405, { method: 'PUT', ...good }],
    [405, { method: 'DELETE' }],
    [415, { headers: { 'content-type': 'text/plain' }, body: SECRET }],
    [415, { headers: { 'content-type': 'application/jsonx' }, body: SECRET }],
    [422, { headers: json, body: '{"phone":""}' }],
    [400, { headers: json, body: `{"phone":"${SECRET}` }],
    [400, { headers: { ...json, 'idempotency-key': 'a b' }, body: good.body }],
  ] as const)('answer %i as a problem, keep nothing, repeat nothing', async (status, ask) => {
    const before = await deliveries();
    const told = await both(at(house.endpoint), ask);
    expect(told).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(told.body)).toMatchObject({ status });
    expect(told.body).not.toContain('7999');
    if (status === 422) expect(Object.keys(JSON.parse(told.body).fields).length).toBeGreaterThan(0);
    expect(await deliveries()).toBe(before);
  });

  test('show a browser a page instead of a problem, in its language, with nothing that it sent', async () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html,*/*',
      'accept-language': 'ru-RU,ru',
    };
    const told = await both(at(house.endpoint), { headers, body: 'name=%3Cscript%3Ealert(1)%3C/script%3E' });
    expect(told.status).toBe(422);
    expect(told.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(told.headers['content-security-policy']).toContain("default-src 'none'");
    expect(told.body).toContain('Форма не отправлена');
    expect(told.body).not.toMatch(/<script|alert/);
    expect(told.body).toMatch(/<a href="http[^"]+\/in\/form\/[^"]+\?lang=ru">Открыть форму заново<\/a>/);
    const english = { ...headers, referer: 'http://inlet.test/in/form/k3y?utm_source=x&lang=en' };
    const fromEnglishPage = await both(at(house.endpoint), { headers: english, body: 'name=x' });
    expect(fromEnglishPage.body).toContain('The form was not sent');
    const nowhere = await both('/in/form/nothing', { headers, body: 'name=x' });
    expect(nowhere).toMatchObject({ status: 404, body: expect.not.stringContaining('<a ') });
  });

  test('follow the list of origins: preflight, post, refusal, none', async () => {
    const from = (origin: string): Ask => ({ headers: { ...json, origin }, body: good.body });
    const allowed = await both(at(closed), from('https://shop.example'));
    expect(allowed).toMatchObject({
      status: 202,
      headers: { 'access-control-allow-origin': 'https://shop.example', vary: 'Origin' },
    });
    expect(allowed.headers).not.toHaveProperty('access-control-allow-credentials');
    for (const origin of [
      'https://evil.example',
      'null',
      'https://shop.example.evil.example',
      'http://shop.example',
      '',
    ]) {
      const refused = await both(at(closed), from(origin));
      expect(refused).toMatchObject({ status: 403, headers: { vary: 'Origin' } });
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
    }
    const preflight = await both(at(closed), { method: 'OPTIONS', headers: { origin: 'https://shop.example' } });
    expect(preflight).toMatchObject({
      status: 204,
      body: '',
      headers: { 'access-control-allow-methods': 'GET, POST' },
    });
    expect((await both(at(house.endpoint), from('https://any.example'))).headers['access-control-allow-origin']).toBe(
      '*',
    );
    expect((await both(at(probe), from('https://any.example'))).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    // An error can be read by the page, too.
    const broken = await both(at(closed), { ...from('https://shop.example'), body: '{' });
    expect(broken).toMatchObject({ status: 400, headers: { 'access-control-allow-origin': 'https://shop.example' } });
  });

  test('GET shows the channel’s own page, HEAD its head, and 404 where there is none', async () => {
    const page = await fetch(`${base}${at(house.endpoint)}`); // drawn anew each time
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<form')]);
    expect((await both(`${at(house.endpoint)}?script`, { method: 'GET' })).status).toBe(200);
    const head = await both(`${at(house.endpoint)}?script`, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect((await both(at(probe), { method: 'GET' })).status).toBe(404);
  });

  test('a paused endpoint answers 403 and keeps nothing', async () => {
    const paused = await house.open();
    await house.sql`update endpoints set paused_at = now() where id = ${paused.id}`;
    const before = await deliveries();
    const told = await both(at(paused), good);
    expect(told.status).toBe(403);
    expect(told.body).not.toContain('7999');
    expect(await deliveries()).toBe(before);
  });

  test('a limit set by hand ends in 429 with the seconds to wait', async () => {
    const limited = await house.open();
    await house.sql`update endpoints set rate_per_address = 2 where id = ${limited.id}`;
    expect((await both(at(limited), good)).status).toBe(202);
    const told = await both(at(limited), good);
    expect(told.status).toBe(429);
    expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('the database away is 503 with Retry-After', async () => {
    const dead = createAcceptor({
      sql: (() => Promise.reject(new Error(SECRET))) as unknown as House['sql'],
      vault: house.vault,
      clock: house.clock,
      onCommitted: () => undefined,
      onError: () => undefined,
    });
    const other = await serve([], { acceptor: dead });
    const told = await read(await fetch(`${other.base}${at(house.endpoint)}`, { method: 'POST', ...good }));
    expect(told).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(told.body).not.toContain('7999');
    other.server.close();
  });
});

describe('a body', () => {
  const MAX = 1_000_000; // the probe's
  test('of exactly the limit is taken, one byte more is 413', async () => {
    const body = (bytes: number) => ({ headers: json, body: `"${'x'.repeat(bytes - 2)}"` });
    expect((await both(at(probe), body(MAX))).status).toBe(202);
    expect((await both(at(probe), body(MAX + 1))).status).toBe(413);
  });

  const raw = (headers: Record<string, string | number>, write: (send: (chunk: string) => void) => void) =>
    new Promise<number>((resolve, reject) => {
      const req = httpRequest(`${base}${at(probe)}`, { method: 'POST', headers: { ...json, ...headers } }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      });
      req.on('error', reject);
      write((chunk) => void req.write(chunk));
    });

  test('that is announced too large is refused before it is sent', async () => {
    expect(await raw({ 'content-length': MAX + 1 }, (send) => send('x'))).toBe(413);
  });

  test('that comes in chunks is refused as soon as it is too large, though it never ends', async () => {
    const answer = raw({ 'transfer-encoding': 'chunked' }, (send) => {
      for (let sent = 0; sent <= MAX; sent += 100_000) send('x'.repeat(100_000));
    });
    expect(await answer).toBe(413);
  });

  test('that breaks off is not kept', async () => {
    const before = await deliveries();
    const { port } = server.address() as AddressInfo;
    for (const pause of [0, 20]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST ${at(probe)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
          'Content-Length: 99\r\n\r\n{"phone"',
      );
      await new Promise((resolve) => setTimeout(resolve, pause));
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await deliveries()).toBe(before);
    expect((await both(at(probe), good)).status).toBe(202);
  });
});

test('X-Forwarded-For is believed from our own proxies only', async () => {
  const believing = await serve(['127.0.0.1']);
  const headers = { ...json, 'x-forwarded-for': '203.0.113.9, 198.51.100.4' };
  const addressOf = async (url: string) => {
    const answer = await fetch(`${url}${at(probe)}`, { method: 'POST', ...good, headers });
    const { delivery } = (await answer.json()) as { delivery: string };
    const [row] = await house.sql<{ raw: Buffer; key_wrap: Buffer }[]>`
      select d.raw, p.key_wrap from deliveries d join pending p on p.delivery_id = d.id where d.id = ${delivery}`;
    const part = { delivery_id: delivery, contact_id: null, contact_key: null, key_wrap: row!.key_wrap };
    return unpackRequest(unseal(openDeliveryKey(house.vault, probe, part), rawPlace(delivery), row!.raw)).address;
  };
  expect(await addressOf(base)).toBe('127.0.0.1');
  expect(await addressOf(believing.base)).toBe('198.51.100.4');
  believing.server.close();
});
