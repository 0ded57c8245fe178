/** Nobody who gets the data folder, its WAL, a dump, the log or the metrics reads a client's data in it. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeApiKey } from '../../src/access/api-keys.ts';
import { systemClock } from '../../src/clock.ts';
import { type Canary, hunt, phoneCanaries } from './canaries.ts';
import { dump } from './dump.ts';
import { ADMIN, embeddedUrl, type Inside, openInside } from './inside.ts';
import { ask, type Told } from './load.ts';
import { makeFolder, type ServerProcess, startServer, until } from './server.ts';

const DIGITS = '9137406285';
const TEXT = 'Канарейка поёт о кредите на восемь';
const NAME = 'Аполлинария Зябликова-Канарская';
const EMAIL = 'zyablikova.canary@mail.example';
const SECRET = 'canary-setting-0f1e2d3c4b5a';
const CANARIES: readonly Canary[] = [
  ...phoneCanaries(DIGITS),
  { what: 'text', value: TEXT },
  { what: 'name', value: NAME },
  { what: 'surname', value: 'Зябликова' },
  { what: 'e-mail', value: EMAIL },
  { what: 'secret of an endpoint', value: SECRET },
  { what: 'attachment', value: 'canary inside of a picture' },
];
/** Not personal, and written in the clear: proves that the search finds what is there. */
const WITNESS = 'witness-of-the-search-7d1';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let dataDir: string;
let logFile: string;
let server: ServerProcess;
let inside: Inside;
let key: string;

beforeAll(async () => {
  folder = await makeFolder('canaries');
  dataDir = path.join(folder.dir, 'data');
  logFile = path.join(folder.dir, 'server.log');
  server = await startServer({ dataDir, logFile, env: { INLET_LOG: 'trace' } });
  inside = await openInside(await embeddedUrl(dataDir), dataDir);
  const made = await makeApiKey({ sql: inside.sql, clock: systemClock }, ADMIN, { name: 'canaries', scope: 'admin' });
  key = made.secret;
});
afterAll(async () => {
  await inside.close();
  await server.stop();
  await folder.remove();
});

const api = (method: string, where: string, body?: unknown): Promise<Told> =>
  ask(method, `${server.url}${where}`, body === undefined ? undefined : JSON.stringify(body), {
    headers: { Authorization: `Bearer ${key}` },
  });

/** Every way in and every way to fail that a client's data can take. */
async function live(): Promise<void> {
  const form = await inside.newForm(WITNESS);
  const keyed = await inside.newForm('keyed', { apiKey: SECRET });
  const address = `${server.url}/in/form/${form.key}`;
  const person = { name: NAME, phone: `+7 ${DIGITS}`, email: EMAIL, message: TEXT };
  const body = JSON.stringify(person);
  const json = (url: string, text: string, headers: Record<string, string> = {}) =>
    ask('POST', url, text, { headers });
  expect((await json(address, body, { 'Idempotency-Key': DIGITS })).status).toBe(202);
  expect((await json(address, body, { 'Idempotency-Key': DIGITS })).status).toBe(202);
  // Kept aside, refused, broken, misdirected: errors are where values leak.
  expect((await json(address, body.replace(TEXT, `${TEXT}!`), { 'Idempotency-Key': DIGITS })).status).toBe(202);
  expect((await json(address, `{"phone":"${DIGITS}","message":"${TEXT}`)).status).toBe(400);
  expect((await json(address, JSON.stringify({ message: `${TEXT} ${NAME}` }))).status).toBe(422);
  expect((await json(`${server.url}/in/form/${'x'.repeat(24)}?phone=${DIGITS}`, body)).status).toBe(404);
  expect((await json(`${server.url}/in/form/${keyed.key}?email=${EMAIL}`, body)).status).toBe(401);
  expect((await json(`${server.url}/in/form/${keyed.key}`, body, { 'X-Api-Key': SECRET })).status).toBe(202);
  expect((await json(`${address}?utm_term=${encodeURIComponent(NAME)}`, body)).status).toBe(202);
  expect((await json(address, JSON.stringify({ ...person, message: `${TEXT} `.repeat(500) }))).status).toBe(202);
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('latin1');
  const parts = [
    `name="phone"\r\n\r\n${DIGITS}`,
    `name="f"; filename="${EMAIL}.png"\r\n\r\n${png}canary inside of a picture`,
  ];
  const multipart = `${parts.map((part) => `--b\r\nContent-Disposition: form-data; ${part}\r\n`).join('')}--b--\r\n`;
  const uploaded = await fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    body: Buffer.from(multipart, 'latin1'),
  });
  expect(uploaded.status).toBe(202);
  await until('nothing is pending', 30_000, async () => {
    const [row] = await inside.sql<{ n: number }[]>`select count(*)::int as n from pending`;
    return row?.n === 0;
  });
  await read(form.id);
}

/** People look, and search for what is not there. */
async function read(formId: string): Promise<void> {
  const page = await api('GET', '/api/v1/leads?status=waiting');
  const lead = (JSON.parse(page.body) as { leads: { id: string }[] }).leads[0]!.id;
  const [row] = await inside.sql<{ contact_id: string }[]>`select contact_id from leads where id = ${lead}`;
  await api('GET', `/api/v1/leads/${lead}`);
  await api('GET', `/api/v1/contacts/${row!.contact_id}`);
  const revealed = await api('POST', `/api/v1/contacts/${row!.contact_id}/reveal`, { reason: 'call' });
  expect(revealed.status).toBe(200);
  expect(revealed.body).toContain(DIGITS); // it is all there, for who may see it
  await api('POST', `/api/v1/leads/${lead}/notes`, { text: `${NAME} ${DIGITS}` });
  await api('GET', `/api/v1/leads?queue=${encodeURIComponent(NAME)}&phone=${DIGITS}`);
  await api('POST', `/api/v1/leads/${DIGITS}/claim`, { userId: NAME });
  await api('GET', `/api/v1/quarantine`);
  await api('GET', `/api/v1/endpoints/${formId}`);
  await api('POST', '/api/v1/session', { email: EMAIL, password: SECRET });
}

test('canary phones, names, texts and secrets stay out of files, WAL, dump, log and metrics', {
  timeout: 120_000,
}, async () => {
  await live();
  const search = hunt([...CANARIES, { what: 'WITNESS', value: WITNESS }]);
  await inside.sql`select 1`;
  const owner = await openOwner();
  await owner`checkpoint`; // so that the data files hold what the WAL holds
  const how = await dump(await embeddedUrl(dataDir), search.inBytes, owner);
  await owner.end();
  await search.inFolder(dataDir);
  await search.inFile(logFile);
  const metrics = await ask('GET', `${server.url}/metrics`);
  expect(metrics.status).toBe(200);
  search.inBytes('/metrics', Buffer.from(metrics.body));

  const witnessed = search.found.filter((line) => line.startsWith('WITNESS'));
  expect(
    witnessed.some((line) => line.includes('/pg_wal/')),
    'the search reads the WAL',
  ).toBe(true);
  expect(
    witnessed.some((line) => line.includes('/base/')),
    'the search reads the tables',
  ).toBe(true);
  expect(
    witnessed.some((line) => line.includes(how)),
    'the search reads the dump',
  ).toBe(true);
  expect(search.found.filter((line) => !line.startsWith('WITNESS'))).toEqual([]);
  expect(search.searched.bytes).toBeGreaterThan(20 << 20);
  console.log(`searched ${search.searched.files} files, ${search.searched.bytes >> 20} MB; dumped by ${how}`);
});

async function openOwner() {
  const { default: postgres } = await import('postgres');
  return postgres(await embeddedUrl(dataDir), { max: 1, onnotice: () => {} });
}
