/** What strangers send: a clear 4xx, or a safe record. Never a 5xx, never a crash, never more memory than allowed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contactPlace } from '../../src/intake/places.ts';
import { openDeliveryKey, openRequest } from '../../src/intake/read-delivery.ts';
import { unsealText } from '../../src/vault/seal.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';
import { ask, isOk, type Told } from './load.ts';
import { dial, type RawAnswer, send, sendChunked } from './raw.ts';
import { type Replicas, startReplicas } from './replicas.ts';
import { until } from './server.ts';

let database: TestDatabase;
let replicas: Replicas;
let url: string;
let path: string;
let endpointId: string;
let baselineMb: number;
let accepted = 0;
const worst = { residentMb: 0 };

beforeAll(async () => {
  database = await testDatabase();
  replicas = await startReplicas(database.url, { count: 1 });
  const form = await replicas.inside.newForm('hostile');
  endpointId = form.id;
  url = replicas.servers[0]!.url;
  path = `/in/form/${form.key}`;
  for (let n = 0; n < 50; n += 1) await json({ phone: '+79990000000', message: `warm ${n}` });
  baselineMb = await replicas.servers[0]!.residentMb();
});
afterAll(async () => {
  await replicas.close();
  await database.drop();
});

const count = <Answer extends { readonly status: number }>(told: Answer): Answer => {
  if (isOk(told.status) || told.status === 303) accepted += 1;
  return told;
};
const json = async (body: unknown, headers: Record<string, string> = {}): Promise<Told> =>
  count(await ask('POST', url + path, typeof body === 'string' ? body : JSON.stringify(body), { headers }));

const head = (type: string, ...more: string[]): string[] => [
  `POST ${path} HTTP/1.1`,
  'Host: localhost',
  `Content-Type: ${type}`,
  ...more,
];
const bytes = async (type: string, body: string | Uint8Array, ...more: string[]): Promise<RawAnswer> =>
  count(await send(url, head(type, `Content-Length: ${Buffer.byteLength(body)}`, ...more), body));

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const multipart = (parts: readonly string[]): string =>
  `${parts.map((part) => `--b\r\nContent-Disposition: form-data; ${part}\r\n`).join('')}--b--\r\n`;
const file = (name: string, type: string, content: string): string =>
  multipart([
    'name="phone"\r\n\r\n+79990000000',
    `name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}`,
  ]);

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>';

test.each<[what: string, status: number | number[], ask: () => Promise<{ readonly status: number }>]>([
  ['a length that promises too much', 413, async () => send(url, head(JSON_TYPE, 'Content-Length: 99999999'))],
  ['a chunked body of 40 MB', 413, () => sendChunked(url, head(JSON_TYPE), 40 << 20)],
  ['text of 300 KB', 413, () => json({ phone: '+79990000000', message: 'a'.repeat(300 << 10) })],
  ['two lengths', 400, () => send(url, head(JSON_TYPE, 'Content-Length: 2', 'Content-Length: 3'), '{}')],
  [
    'a length and chunks',
    400,
    () => send(url, head(JSON_TYPE, 'Content-Length: 2', 'Transfer-Encoding: chunked'), '0\r\n\r\n'),
  ],
  ['a length that is no number', 400, () => send(url, head(JSON_TYPE, 'Content-Length: 0x10'), '{}')],
  ['broken chunks', 400, () => send(url, head(JSON_TYPE, 'Transfer-Encoding: chunked'), 'zz\r\n{}\r\n0\r\n\r\n')],
  [
    'another transfer encoding',
    [400, 501],
    () => send(url, head(JSON_TYPE, 'Transfer-Encoding: gzip, chunked', ''), 'x'),
  ],
  ['a header of 100 KB', 431, () => send(url, head(JSON_TYPE, `X-A: ${'a'.repeat(100_000)}`))],
  [
    '10,000 headers',
    [400, 431],
    () => send(url, head(JSON_TYPE, ...Array.from({ length: 10_000 }, (_, n) => `X-${n}: 1`))),
  ],
  [
    'an address of 20 KB',
    [400, 404, 414, 431],
    () => send(url, [`GET /in/form/${'a'.repeat(20_000)} HTTP/1.1`, 'Host: a']),
  ],
  ['NUL in the address', [400, 404], () => send(url, ['GET /in/form/%00%00 HTTP/1.1', 'Host: a'])],
  [
    'a path that climbs',
    404,
    () => send(url, [`POST /in/form/../../${path.slice(9)} HTTP/1.1`, 'Host: a', 'Content-Length: 0']),
  ],
  ['TRACE', [404, 405], () => send(url, [`TRACE ${path} HTTP/1.1`, 'Host: a'])],
  ['DELETE', 405, () => send(url, [`DELETE ${path} HTTP/1.1`, 'Host: a'])],
  ['not HTTP at all', 400, () => send(url, ['\u0016\u0003\u0001 hello'])],
  ['an unknown media type', 415, () => bytes('text/plain', 'phone=1')],
  ['no media type', 415, () => send(url, [`POST ${path} HTTP/1.1`, 'Host: a', 'Content-Length: 2'], '{}')],
  ['broken UTF-8 in JSON', 400, () => bytes(JSON_TYPE, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))],
  ['a charset that does not exist', 415, () => bytes(`${JSON_TYPE}; charset=utf-99`, '{}')],
  ['gzip', [400, 415], () => bytes(JSON_TYPE, gzipSync('{"phone":"+79990000000"}'), 'Content-Encoding: gzip')],
  ['a gzip bomb', [400, 415], () => bytes(JSON_TYPE, gzipSync(Buffer.alloc(10 << 20)), 'Content-Encoding: gzip')],
  ['JSON that is no object', 400, () => json('[1,2]')],
  ['JSON cut off', 400, () => json('{"phone":')],
  ['JSON 100,000 levels deep', 400, () => json('['.repeat(100_000))],
  ['an object 100,000 levels deep', 400, () => json('{"a":'.repeat(40_000))],
  [
    '10,000 fields of JSON',
    422,
    () => json(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, 'x']))),
  ],
  ['10,000 pairs', 422, () => bytes(FORM_TYPE, Array.from({ length: 10_000 }, (_, n) => `f${n}=x`).join('&'))],
  [
    '10,000 parts',
    422,
    () =>
      bytes(
        'multipart/form-data; boundary=b',
        multipart(Array.from({ length: 10_000 }, (_, n) => `name="f${n}"\r\n\r\nx`)),
      ),
  ],
  [
    'a multipart body without an end',
    400,
    () => bytes('multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'),
  ],
  ['a multipart body without a boundary', 400, () => bytes('multipart/form-data', 'x')],
  ['an empty body', [400, 422], () => bytes(FORM_TYPE, '')],
  ['nothing to call back', 422, () => json({ message: 'hello' })],
  ['an SVG', 415, () => bytes('multipart/form-data; boundary=b', file('a.svg', 'image/svg+xml', SVG))],
  ['an SVG dressed as a PNG', 415, () => bytes('multipart/form-data; boundary=b', file('a.png', 'image/png', SVG))],
  [
    'HTML as a document',
    415,
    () => bytes('multipart/form-data; boundary=b', file('a.pdf', 'application/pdf', '<html><script>1</script>')),
  ],
  ['an endless Idempotency-Key', 400, () => json({ phone: '+79990000000' }, { 'Idempotency-Key': 'k'.repeat(5000) })],
  ['an Idempotency-Key with spaces', 400, () => json({ phone: '+79990000000' }, { 'Idempotency-Key': 'a b' })],
  ['an endpoint that does not exist', 404, () => ask('POST', `${url}/in/form/${'x'.repeat(24)}`, '{}')],
])('%s: %j', { timeout: 40_000 }, async (_what, status, go) => {
  const began = performance.now();
  const told = await go();
  expect(Array.isArray(status) ? status : [status]).toContain(told.status);
  expect(performance.now() - began).toBeLessThan(10_000);
  worst.residentMb = Math.max(worst.residentMb, await replicas.servers[0]!.residentMb());
});

const NASTY = {
  nul: 'a\u0000b',
  surrogate: '\ud800 alone \udfff',
  formula: '=HYPERLINK("http://127.0.0.1/?"&A1,"click")',
  html: '<img src=x onerror=alert(1)><script>alert(1)</script>',
  turned: 'invoice\u202Efdp.exe',
  sql: "'; drop table leads; --",
  template: '{{constructor.constructor("return process")()}} {{7*7}} %s %n',
};

test('what is odd but readable becomes a record of plain text', async () => {
  const ids: Record<string, string> = {};
  for (const [what, value] of Object.entries(NASTY)) {
    // Written by hand, so that a lone surrogate leaves as the escape that it is.
    const text = JSON.stringify(value);
    const told = await json(
      `{"name":${text},"phone":"+79990000001","message":${text},${text}:${text},"__proto__":{"role":"admin"}}`,
    );
    expect([what, told.status]).toEqual([what, 202]);
    ids[what] = (JSON.parse(told.body) as { delivery: string }).delivery;
  }
  await drained();
  for (const [what, id] of Object.entries(ids)) {
    const body = await readMessage(id);
    expect(body.text.isWellFormed()).toBe(true);
    expect(body.text).not.toMatch(/[\u0000-\u0008\u000e-\u001f]/);
    if (['formula', 'html', 'sql', 'template'].includes(what))
      expect(body.text).toBe(NASTY[what as keyof typeof NASTY]);
  }
});

test('pages and errors never repeat what was sent', async () => {
  const accept = { Accept: 'text/html', 'Content-Type': FORM_TYPE };
  const marked = encodeURIComponent(`${NASTY.html}marker`);
  for (const body of [`name=${marked}&phone=%2B79990000002`, `message=${marked}`, `${marked}=${marked}`]) {
    const told = count(await ask('POST', `${url}${path}?utm_source=${marked}`, body, { headers: accept }));
    expect(told.body).not.toContain('onerror=');
    expect(told.body).not.toContain('marker');
    if (told.body !== '') expect(told.headers['content-security-policy']).toContain("default-src 'none'");
  }
});

test('a forged X-Forwarded-For is not believed, neither by the limit nor by the record', async () => {
  const { inside } = replicas;
  const form = await inside.newForm('limited');
  await inside.sql`update endpoints set rate_per_address = 5 where id = ${form.id}`;
  const statuses: number[] = [];
  let first: string | undefined;
  // A minute that ends in the middle would start the count again.
  await until('a fresh enough minute', 15_000, async () => Date.now() % 60_000 < 50_000, 200);
  for (let n = 0; n < 20; n += 1) {
    const headers = {
      'X-Forwarded-For': `203.0.113.${n}`,
      'X-Real-IP': `203.0.113.${n}`,
      Forwarded: `for=203.0.113.${n}`,
    };
    const told = await ask('POST', `${url}/in/form/${form.key}`, '{"phone":"+79990000003"}', { headers });
    statuses.push(told.status);
    if (told.status === 429) expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
    else first ??= (JSON.parse(told.body) as { delivery: string }).delivery;
  }
  expect(statuses.filter((status) => status === 202)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(15);
  await drained();
  expect((await readRaw(first!)).address).toBe('127.0.0.1');
});

test('200 who send nothing, or a header a second, are gone in 14 s, and an honest client hardly notices', {
  timeout: 40_000,
}, async () => {
  const lines = Array.from({ length: 200 }, () => dial(url));
  const answers = Promise.all(lines.map((line) => line.answer(20_000)));
  for (const line of lines.slice(100)) line.socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\n`);
  const dripping = setInterval(() => {
    for (const line of lines.slice(100)) if (line.socket.writable) line.socket.write('X-A: b\r\n');
  }, 1000);
  let slowest = 0;
  const honest = (async () => {
    for (let n = 0; n < 20; n += 1) {
      const began = performance.now();
      expect((await json({ phone: '+79990000004', message: `honest ${n}` })).status).toBe(202);
      slowest = Math.max(slowest, performance.now() - began);
      await sleep(300);
    }
  })();
  const told = await answers;
  clearInterval(dripping);
  await honest;
  expect(Math.max(...told.map(({ ms }) => ms))).toBeLessThan(14_500);
  expect(told.every(({ status }) => status === 0 || status === 408)).toBe(true);
  expect(slowest).toBeLessThan(1000);
});

test('60 senders who stop short of the end of 11 MB each do not fill the memory', { timeout: 60_000 }, async () => {
  const size = 11 << 20;
  const lines = Array.from({ length: 60 }, () => dial(url));
  const answers = Promise.all(lines.map((line) => line.answer(4000)));
  const block = Buffer.alloc(1 << 20, 'a');
  for (const line of lines) {
    line.socket.write(
      `${head('multipart/form-data; boundary=b', `Content-Length: ${size + 10}`).join('\r\n')}\r\n\r\n`,
    );
    for (let sent = 0; sent < size; sent += block.length) line.socket.write(block);
  }
  await sleep(3000);
  const residentMb = await replicas.servers[0]!.residentMb();
  expect(residentMb).toBeLessThan(baselineMb + 350);
  expect((await json({ phone: '+79990000005' })).status).toBeLessThan(504);
  const told = await answers;
  for (const { status } of told.filter((one) => one.status !== 0)) expect(status).toBe(503);
  await until('honest requests work again', 10_000, async () => isOk((await json({ phone: '+79990000005' })).status));
});

test('afterwards: one record for each acceptance and none for a refusal, nothing pending, memory as before', {
  timeout: 60_000,
}, async () => {
  await drained();
  const [row] = await replicas.inside.sql<{ deliveries: number; outcomes: number; odd: number }[]>`
    select (select count(*)::int from deliveries where endpoint_id = ${endpointId}) as deliveries,
      (select count(*)::int from outcomes where endpoint_id = ${endpointId}) as outcomes,
      (select count(*)::int from outcomes where endpoint_id = ${endpointId} and outcome = 'quarantined') as odd`;
  expect(row).toEqual({ deliveries: accepted, outcomes: accepted, odd: 0 });
  expect(replicas.servers[0]!.isAlive()).toBe(true);
  expect(worst.residentMb).toBeLessThan(baselineMb + 250);
});

const drained = (): Promise<number> =>
  until('nothing is pending', 30_000, async () => {
    const [row] = await replicas.inside.sql<{ n: number }[]>`select count(*)::int as n from pending`;
    return row?.n === 0;
  });

async function readRaw(delivery: string) {
  const { inside } = replicas;
  const [row] = await inside.sql<
    { endpoint_id: string; raw: Buffer; key_wrap: Buffer; contact_id: string; wrapped: Buffer }[]
  >`
    select d.endpoint_id, d.raw, o.key_wrap, o.contact_id, k.wrapped
    from deliveries d join outcomes o on o.delivery_id = d.id join contact_keys k on k.contact_id = o.contact_id
    where d.id = ${delivery}`;
  const endpoint = await inside.endpoints.byId(inside.sql, row!.endpoint_id);
  const { key_wrap, contact_id, wrapped, raw } = row!;
  const key = openDeliveryKey(inside.vault, endpoint!, {
    delivery_id: delivery,
    contact_id,
    contact_key: wrapped,
    key_wrap,
  });
  return openRequest(key, { delivery_id: delivery, raw, edit_version: null, edit_raw: null });
}

async function readMessage(id: string): Promise<{ text: string }> {
  const { inside } = replicas;
  const [row] = await inside.sql<{ contact_id: string; body: Buffer; wrapped: Buffer }[]>`
    select m.contact_id, m.body, k.wrapped from messages m
    join contact_keys k on k.contact_id = m.contact_id where m.id = ${id}`;
  const key = inside.vault.openKey('contact', row!.contact_id, row!.wrapped);
  return JSON.parse(unsealText(key, contactPlace('messages', 'body', id, row!.contact_id), row!.body)) as {
    text: string;
  };
}
