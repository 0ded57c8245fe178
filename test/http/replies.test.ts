/** Answering over HTTP: with a session and with a key, files, drafts, templates, mails in their layout. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeApiKey } from '../../src/access/api-keys.ts';
import { openSession } from '../../src/access/sessions.ts';
import { createApp } from '../../src/app.ts';
import { cleanHtml } from '../../src/clean-html.ts';
import type { Deps } from '../../src/deps.ts';
import { leadDetail, timelineItem } from '../../src/http/shapes.ts';
import { silentLog } from '../../src/log.ts';
import { claim } from '../../src/routing/claim.ts';
import { says } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { addMember, makeUser } from '../setup/fixtures.ts';
import { ORIGIN } from './house.ts';

let house: ChatHouse;
let app: ReturnType<typeof createApp>;
let anna: { readonly userId: string; readonly token: string };
let woken = 0;
beforeAll(async () => {
  house = await openChatHouse();
  const { sql, vault, clock } = house;
  const config = { publicUrl: ORIGIN, trustedProxies: [], version: '0.0.0' };
  const deps: Deps = { sql, vault, clock, config, channels: [house.chat.channel], log: silentLog };
  const wakeJobs = () => {
    woken += 1;
  };
  app = createApp(deps, { replies: { wakeJobs, cleanHtml } });
  anna = await login('manager');
});
afterAll(() => house.close());

async function login(role: 'manager' | 'head' | 'admin' | 'auditor') {
  const user = await makeUser(house, { role });
  const [queue] = await house.sql<{ id: string }[]>`select id from queues where is_default`;
  if (role === 'manager') await addMember(house, queue!.id, user.userId);
  const { token } = await house.sql.begin((tx) => openSession(tx, user.userId, house.clock));
  return { ...user, token };
}

type Auth = { readonly token: string } | { readonly key: string };

async function ask(auth: Auth, method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
  const raw = body instanceof Uint8Array;
  const headers: Record<string, string> = {
    ...('key' in auth
      ? { Authorization: `Bearer ${auth.key}` }
      : { Cookie: `inlet_session=${auth.token}`, Origin: ORIGIN }),
    ...(body === undefined ? {} : { 'Content-Type': raw ? 'application/octet-stream' : 'application/json' }),
    ...more,
  };
  const sent = body === undefined ? {} : { body: raw ? body : JSON.stringify(body) };
  const peer = { incoming: { socket: { remoteAddress: '203.0.113.7' } } };
  const response = await app.request(`${ORIGIN}/api/v1/${path}`, { method, headers, ...sent } as RequestInit, peer);
  const text = await response.text();
  const json = /json/.test(response.headers.get('content-type') ?? '') ? (JSON.parse(text) as Json) : {};
  return { status: response.status, headers: response.headers, text, json };
}
type Json = Record<string, unknown>;

let people = 0;
/** A conversation whose lead Anna holds. */
async function held(more: Parameters<typeof says>[2] = {}) {
  people += 1;
  const [told] = await house.hear(says(`person-${people}`, 'Hello?', { eventId: `in-${people}`, ...more }));
  await claim(house.sql, { ...anna, role: 'manager', name: `user:${anna.userId}`, language: 'en' }, told!.lead_id);
  return { leadId: told!.lead_id, contactId: told!.contact_id };
}
const newReply = (text = 'Good day') => ({ endpointId: house.line.id, text });

describe('a reply', () => {
  test('is queued, shown at once, woken for, sent, and given again to the same key', async () => {
    const { leadId } = await held();
    const before = woken;
    const idempotent = { 'Idempotency-Key': 'once' };
    const first = await ask(anna, 'POST', `leads/${leadId}/replies`, newReply(), idempotent);
    expect([first.status, woken - before]).toEqual([202, 1]);
    expect(timelineItem.parse(first.json)).toMatchObject({
      direction: 'outbound',
      text: 'Good day',
      author: { id: anna.userId },
      delivery: { state: 'queued' },
    });
    const second = await ask(anna, 'POST', `leads/${leadId}/replies`, newReply('other'), idempotent);
    expect([second.status, second.json.id]).toEqual([202, first.json.id]);
    await house.run();
    expect(house.chat.calls.at(-1)).toMatchObject({ text: 'Good day', author: expect.any(String) });
    const lead = await ask(anna, 'GET', `leads/${leadId}`);
    const { timeline, ways, draft } = leadDetail.parse(lead.json);
    expect(timeline.find((one) => one.id === first.json.id)).toMatchObject({ delivery: { state: 'sent' } });
    expect(ways).toMatchObject([{ kind: 'conversation', endpoint: { id: house.line.id }, confirmed: true }]);
    expect(draft).toBeNull();
  });

  test('with a key that may write; not with one that may only read', async () => {
    const { leadId } = await held();
    const admin = { userId: null, role: 'admin', name: 'cli', language: 'en' } as const;
    const keyOf = async (scope: 'read' | 'write') => ({
      key: (await makeApiKey(house, admin, { name: scope, scope })).secret,
    });
    const sent = await ask(await keyOf('write'), 'POST', `leads/${leadId}/replies`, newReply('from a script'));
    expect([sent.status, sent.json.text, sent.json.author]).toEqual([202, 'from a script', null]);
    expect((await ask(await keyOf('read'), 'POST', `leads/${leadId}/replies`, newReply())).status).toBe(403);
  });

  test('what is wrong is named: 422 with the fields, 409 where only waiting helps', async () => {
    const { leadId, contactId } = await held();
    const long = await ask(anna, 'POST', `leads/${leadId}/replies`, newReply('x'.repeat(101)));
    expect([long.status, long.json.fields]).toEqual([422, { text: 'at most 100 characters' }]);
    const shape = await ask(anna, 'POST', `leads/${leadId}/replies`, { endpointId: 'nonsense', text: 5 });
    expect([shape.status, Object.keys(shape.json.fields as Json).sort()]).toEqual([422, ['endpointId', 'text']]);
    await house.sql`update conversations set blocked_at = now() where contact_id = ${contactId}`;
    expect((await ask(anna, 'POST', `leads/${leadId}/replies`, newReply())).status).toBe(409);
  });

  test('of a failed message: again, or settled; both only by who holds the lead', async () => {
    const { leadId } = await held();
    const other = await login('manager');
    await house.run(); // whatever still waits of other tests
    const fails = (error: Error) =>
      house.chat.next.push(() => {
        throw error;
      });
    fails(new Error('lost'));
    const { json } = await ask(anna, 'POST', `leads/${leadId}/replies`, newReply());
    await house.run();
    for (const verb of ['send-again', 'mark-sent'])
      expect((await ask(other, 'POST', `messages/${String(json.id)}/${verb}`)).status).toBe(404);
    const again = await ask(anna, 'POST', `messages/${String(json.id)}/send-again`);
    expect([again.status, again.json.delivery]).toMatchObject([202, { state: 'queued' }]);
    expect((await ask(anna, 'POST', `messages/${String(json.id)}/send-again`)).status).toBe(409);
    fails(new Error('lost'));
    await house.run();
    expect((await ask(anna, 'POST', `messages/${String(json.id)}/mark-sent`)).status).toBe(204);
    expect((await ask(anna, 'POST', `messages/${String(json.id)}/mark-sent`)).status).toBe(409);
  });
});

describe('files', () => {
  const upload = (auth: Auth, leadId: string, bytes: Uint8Array, more = {}) =>
    ask(auth, 'POST', `leads/${leadId}/files?name=${encodeURIComponent('Прайс.pdf')}`, bytes, more);

  test('are uploaded as bytes, sent with the reply, and read back by who may see them', async () => {
    const { leadId } = await held();
    const file = await upload(anna, leadId, Buffer.from('%PDF-1.7 x'));
    expect([file.status, file.json]).toMatchObject([
      201,
      { name: 'Прайс.pdf', mediaType: 'application/pdf', size: 10 },
    ]);
    const sent = await ask(anna, 'POST', `leads/${leadId}/replies`, { ...newReply(''), files: [file.json.id] });
    expect(sent.json.attachments).toMatchObject([{ name: 'Прайс.pdf', state: 'here' }]);
    const read = await ask(anna, 'GET', `attachments/${String(file.json.id)}`);
    expect([read.status, read.text]).toEqual([200, '%PDF-1.7 x']);
    const other = await login('manager');
    expect((await ask(other, 'GET', `attachments/${String(file.json.id)}`)).status).toBe(404);
  });

  test('empty, too large, of another content type, for somebody else’s lead: refused', async () => {
    const { leadId } = await held();
    const other = await login('manager');
    expect((await upload(anna, leadId, new Uint8Array())).status).toBe(422);
    expect((await upload(anna, leadId, Buffer.alloc((32 << 20) + 1))).status).toBe(413);
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json'])
      expect((await upload(anna, leadId, Buffer.from('x'), { 'Content-Type': type })).status).toBe(415);
    expect((await upload(other, leadId, Buffer.from('x'))).status).toBe(404);
    expect((await ask(anna, 'POST', `leads/${leadId}/files`, Buffer.from('x'))).status).toBe(400); // no name
    expect((await upload(anna, leadId, Buffer.alloc(9 << 20))).status).toBe(201); // more than JSON may have
  });

  test('that were uploaded can be dropped by who uploaded them, silently by nobody else', async () => {
    const { leadId } = await held();
    const { json } = await upload(anna, leadId, Buffer.from('x'));
    const left = async () => (await house.sql`select from uploads where id = ${String(json.id)}`).length;
    expect((await ask(await login('head'), 'DELETE', `uploads/${String(json.id)}`)).status).toBe(204);
    expect(await left()).toBe(1);
    expect((await ask(anna, 'DELETE', `uploads/${String(json.id)}`)).status).toBe(204);
    expect(await left()).toBe(0);
  });

  test('a file that was not fetched yet is not there', async () => {
    const { leadId } = await held({ files: [{ name: 'later.jpg', ref: { id: 'later' } }] });
    const { timeline } = leadDetail.parse((await ask(anna, 'GET', `leads/${leadId}`)).json);
    const message = timeline.find((one) => one.type === 'message');
    const file = message?.type === 'message' ? message.attachments[0] : undefined;
    expect(file).toMatchObject({ name: 'later.jpg', state: 'waiting' });
    expect((await ask(anna, 'GET', `attachments/${file!.id}`)).status).toBe(404);
  });
});

test('a draft comes back with its lead, to its author alone', async () => {
  const { leadId } = await held();
  const head = await login('head');
  expect((await ask(anna, 'PUT', `leads/${leadId}/draft`, { text: 'half a thought' })).status).toBe(204);
  const draftFor = async (auth: Auth) => (await ask(auth, 'GET', `leads/${leadId}`)).json.draft;
  expect(await draftFor(anna)).toEqual({ text: 'half a thought', endpointId: null, quotes: null, subject: null });
  expect(await draftFor(head)).toBeNull();
  const other = await login('manager');
  expect((await ask(other, 'PUT', `leads/${leadId}/draft`, { text: 'x' })).status).toBe(404);
  expect((await ask(anna, 'PUT', `leads/${leadId}/draft`, { text: 'x'.repeat(20_001) })).status).toBe(422);
});

test('a lead that waits shows neither ways nor people to who may only claim it', async () => {
  people += 1;
  const [told] = await house.hear(says(`person-${people}`, 'Hello?'));
  const lead = await ask(anna, 'GET', `leads/${told!.lead_id}`);
  expect(lead.json).toMatchObject({ contact: null, ways: [], draft: null });
});

describe('a mail in its layout', () => {
  const html =
    '<p onclick="x()">Call <b>+7 999 555-12-34</b></p><script>alert(1)</script><img src="https://t.example.com/p.gif">';

  async function mail() {
    const { leadId, contactId } = await held({ html });
    const { timeline } = leadDetail.parse((await ask(anna, 'GET', `leads/${leadId}`)).json);
    const message = timeline.find((one) => one.type === 'message')!;
    expect(message).toMatchObject({ hasHtml: true });
    return { path: `messages/${message.id}/html`, contactId };
  }

  test('needs a reveal, and comes clean and in a cage', async () => {
    const { path, contactId } = await mail();
    const masked = await ask(anna, 'GET', path);
    expect([masked.status, masked.text.includes('555')]).toEqual([403, false]);
    expect((await ask(anna, 'POST', `contacts/${contactId}/reveal`, { reason: 'call' })).status).toBe(200);
    const shown = await ask(anna, 'GET', path);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('+7 999 555-12-34');
    expect(shown.text).not.toMatch(/onclick|<script|t\.example\.com/);
    expect(shown.headers.get('content-security-policy')).toMatch(/^default-src 'none'.*sandbox$/);
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
    expect(shown.headers.get('cache-control')).toBe('no-store');
  });

  test('is nobody else’s, revealed or not', async () => {
    const { path } = await mail();
    expect((await ask(await login('manager'), 'GET', path)).status).toBe(404);
    expect((await ask(await login('auditor'), 'GET', path)).status).toBe(403);
  });
});

test('templates: heads write them, managers read them, texts in both languages', async () => {
  const head = await login('head');
  const made = await ask(head, 'POST', 'templates', { name: 'Hi', language: 'ru', text: 'Здравствуйте, {{name}}!' });
  expect(made.status).toBe(201);
  expect((await ask(anna, 'POST', 'templates', { name: 'Mine', language: 'en', text: 'x' })).status).toBe(403);
  const list = (await ask(anna, 'GET', 'templates')).json.templates as Json[];
  expect(list).toMatchObject([{ id: made.json.id, text: 'Здравствуйте, {{name}}!' }]);
  const path = `templates/${String(made.json.id)}`;
  const changed = await ask(head, 'PUT', path, { name: 'Hi', language: 'en', text: 'Hello {{name}}' });
  expect(changed.json).toMatchObject({ language: 'en', text: 'Hello {{name}}' });
  expect((await ask(head, 'PUT', path, { name: '', language: 'de', text: '' })).status).toBe(422);
  expect((await ask(head, 'DELETE', path)).status).toBe(204);
  expect((await ask(head, 'DELETE', path)).status).toBe(404);
});
