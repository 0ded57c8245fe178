import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Rejected } from '../../src/errors.ts';
import { describeSettings, MASK, settingsFromPairs } from '../../src/intake/endpoint-settings.ts';
import { openEndpoint, type SealedEndpoint } from '../../src/intake/endpoints.ts';
import { type House, ORIGIN, openHouse, probe } from './house.ts';

let house: House;
let admin = '';
beforeAll(async () => {
  house = await openHouse();
  admin = (await house.person('admin')).token;
});
afterAll(() => house.close());

const ask = async (method: string, path: string, body?: unknown, status = 200) => {
  const answer = await house.ask(method, path, { as: admin, body });
  expect(answer.status).toBe(status);
  return answer.json();
};
const make = (settings: Record<string, unknown>) =>
  ask('POST', 'endpoints', { channel: 'probe', name: 'Probe', settings }, 201);
const stored = async (id: string) => {
  const [row] = await house.deps.sql<SealedEndpoint[]>`select id, settings, key_wrap from endpoints where id = ${id}`;
  return openEndpoint(house.deps.vault, row!).settings;
};

test('a new endpoint has a long random key, an address, a snippet and its defaults', async () => {
  const made = await make({ greeting: 'hello' });
  expect(made.key).toMatch(/^[0-9A-Za-z]{24}$/);
  expect(made.address).toBe(`${ORIGIN}/in/probe/${made.key}`);
  expect(made.snippet).toContain(`<script src="${made.address}?script" data-form async></script>`);
  expect(made.snippet).toContain(`<form action="${made.address}" method="post"`);
  expect(made).toMatchObject({ paused: false, defaultCountry: 'RU', language: 'en', lastDeliveryAt: null });
  expect(made.settings).toEqual({
    greeting: 'hello',
    essay: '',
    token: '',
    count: 3,
    loud: false,
    mode: 'fast',
    origins: [],
    map: {},
  });
  // Only what was given is kept: a better default of a later version reaches this endpoint too.
  expect(await stored(made.id)).toEqual({ greeting: 'hello' });
});

test('a secret is masked in every answer, kept when the mask comes back, and not readable in the table', async () => {
  const secret = 's3cret-CANARY';
  const made = await make({ token: secret });
  expect(made.settings.token).toBe(MASK);
  const kept = await ask('PATCH', `endpoints/${made.id}`, { settings: { ...made.settings, count: 5 } });
  expect(kept.settings).toMatchObject({ token: MASK, count: 5 });
  expect(await stored(made.id)).toMatchObject({ token: secret, count: 5 });
  for (const path of ['endpoints', `endpoints/${made.id}`]) {
    const head = await house.person('head');
    expect(await (await house.ask('GET', path, { as: head.token })).text()).not.toContain('CANARY');
  }
  const rows = await house.deps.sql<{ text: string; audit: string }[]>`
    select encode(settings, 'escape') as text, (select string_agg(a::text, '') from audit_log a) as audit
    from endpoints where id = ${made.id}`;
  expect(rows[0]!.text + rows[0]!.audit).not.toContain('CANARY');
  const changed = await ask('PATCH', `endpoints/${made.id}`, { settings: { token: 'other' } });
  expect(changed.settings).toMatchObject({ token: MASK, count: 5 });
  expect(await stored(made.id)).toMatchObject({ token: 'other', count: 5 });
  expect((await ask('PATCH', `endpoints/${made.id}`, { settings: { token: null } })).settings.token).toBe('');
  expect(await stored(made.id)).not.toHaveProperty('token');
});

test('a mask where nothing is stored, or for what is no secret, is not a secret', async () => {
  expect(await stored((await make({ token: MASK })).id)).toEqual({});
  expect(await stored((await make({ greeting: MASK })).id)).toEqual({ greeting: MASK });
});

test('wrong settings change nothing and are named', async () => {
  const made = await make({ count: 2 });
  const before = await stored(made.id);
  const wrong = { settings: { count: 99, origins: 'x', nonsense: 1, __proto__: null } };
  expect(Object.keys((await ask('PATCH', `endpoints/${made.id}`, wrong, 422)).fields)).toEqual(['settings.nonsense']);
  const fields = (await ask('PATCH', `endpoints/${made.id}`, { settings: { count: 99, origins: 'x' } }, 422)).fields;
  expect(fields).toEqual({ 'settings.count': 'must be at most 10', 'settings.origins': 'must be of type array' });
  expect(await stored(made.id)).toEqual(before);
});

test('a change touches only what it names; pausing keeps its beginning; deleting keeps the row', async () => {
  const made = await make({ count: 2 });
  const full = { name: 'Other', defaultCountry: 'KZ', language: 'ru', ratePerAddress: 5, ratePerEndpoint: 0 };
  expect(await ask('PATCH', `endpoints/${made.id}`, full)).toMatchObject({ ...full, settings: { count: 2 } });
  expect(await ask('PATCH', `endpoints/${made.id}`, { paused: true })).toMatchObject({ ...full, paused: true });
  house.clock.ms += 5000;
  const pausedAt = async () =>
    (await house.deps.sql<{ at: Date }[]>`select paused_at as at from endpoints where id = ${made.id}`)[0]!.at;
  const since = await pausedAt();
  await ask('PATCH', `endpoints/${made.id}`, { paused: true, ratePerAddress: null });
  expect(await pausedAt()).toEqual(since);
  expect(await ask('PATCH', `endpoints/${made.id}`, { paused: false })).toMatchObject({
    paused: false,
    ratePerAddress: null,
  });
  expect((await house.ask('DELETE', `endpoints/${made.id}`, { as: admin })).status).toBe(204);
  expect((await house.ask('DELETE', `endpoints/${made.id}`, { as: admin })).status).toBe(404);
  await ask('GET', `endpoints/${made.id}`, undefined, 404);
  await ask('PATCH', `endpoints/${made.id}`, { name: 'x' }, 404);
  expect(await stored(made.id)).toEqual({ count: 2 });
});

test('names of columns in a body change nothing', async () => {
  const made = await make({});
  const [before] = await house.deps.sql`select * from endpoints where id = ${made.id}`;
  const sneaky = {
    id: made.id.replace(/^./, 'f'),
    key: 'k'.repeat(24),
    channel: 'other',
    key_wrap: 'x',
    deleted_at: 'x',
  };
  const answer = await ask('PATCH', `endpoints/${made.id}`, { ...sneaky, createdAt: 'x', created_at: 'x' });
  expect(answer.key).toBe(made.key);
  const [after] = await house.deps.sql`select * from endpoints where id = ${made.id}`;
  expect({ ...after, settings: null }).toEqual({ ...before, settings: null });
});

test('the last delivery is shown', async () => {
  const made = await make({});
  const at = new Date('2026-01-14T10:00:00Z');
  await house.deps.sql`insert into deliveries (id, endpoint_id, received_at, body_mac, raw)
    values (gen_random_uuid(), ${made.id}, ${at}, gen_random_uuid(), 'x'::bytea)`;
  expect((await ask('GET', `endpoints/${made.id}`)).lastDeliveryAt).toBe(at.toISOString());
});

test('channels tell what can be set', async () => {
  const { channels } = await ask('GET', 'channels');
  expect(channels).toHaveLength(1);
  expect(channels[0]).toMatchObject({ id: 'probe', title: { en: 'Probe' }, receivesByWebhook: true });
  const kinds = Object.fromEntries(
    channels[0].settings.map((one: { name: string; kind: string }) => [one.name, one.kind]),
  );
  expect(kinds).toEqual({
    greeting: 'text',
    essay: 'longtext',
    token: 'text',
    count: 'number',
    loud: 'boolean',
    mode: 'choice',
    origins: 'list',
    map: 'json',
  });
  expect(channels[0].settings[0]).toEqual({
    name: 'greeting',
    title: { en: 'Greeting', ru: 'Привет' },
    description: { en: 'Said first.', ru: 'Говорится первым.' },
    kind: 'text',
    choices: null,
    choiceTitles: null,
    columns: null,
    group: 'form',
    when: null,
    secret: false,
    default: 'hi',
  });
  expect(channels[0].settings[2]).toMatchObject({
    title: { en: 'Token', ru: 'Token' },
    description: null,
    group: null,
    when: { setting: 'mode', is: ['slow'] },
    secret: true,
  });
  expect(channels[0].settings[5]).toMatchObject({
    choices: ['fast', 'slow'],
    choiceTitles: { fast: { en: 'Fast', ru: 'Быстро' } },
  });
});

test('a list of flat objects names its columns, any other list does not', () => {
  const row = z.object({ number: z.string(), title: z.string().max(9).optional() });
  const settings = z.object({
    lines: z.array(row).default([]),
    mixed: z.array(row.extend({ loud: z.boolean() })).default([]),
    words: z.array(z.string()).default([]),
  });
  const { title, capabilities } = probe;
  const channel = { id: 'rows', title, capabilities, settings, parse: () => [] };
  const columns = describeSettings(channel).map((field) => [field.name, field.kind, field.columns]);
  expect(columns).toEqual([
    ['lines', 'json', ['number', 'title']],
    ['mixed', 'json', null],
    ['words', 'list', null],
  ]);
});

test('settings from words, as the schema wants them', () => {
  const words = [
    'greeting=a=b',
    'count=7',
    'loud=yes',
    'origins=https://a.example, https://b.example',
    'origins=["https://c.example"]',
    'map={"x":"y"}',
    'token=1234',
  ];
  expect(settingsFromPairs(probe, words)).toEqual({
    greeting: 'a=b',
    count: 7,
    loud: true,
    origins: ['https://a.example', 'https://b.example', 'https://c.example'],
    map: { x: 'y' },
    token: '1234',
  });
  const wrong = ['count=seven', 'loud=perhaps', 'nonsense=1', 'map={', 'greeting'];
  expect(() => settingsFromPairs(probe, wrong)).toThrow(Rejected);
  try {
    settingsFromPairs(probe, wrong);
  } catch (error) {
    const fields = (error as Rejected).fields!;
    expect(Object.keys(fields)).toHaveLength(5);
    expect(fields['settings.count']).toBe('is no number');
    expect(fields['settings.nonsense']).toContain('greeting, essay, token');
  }
});
