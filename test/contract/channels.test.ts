/** The suite that every channel passes. It knows no channel by name: what it tests, it finds in the plain object. */
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channels as edgeChannels } from '../../channels/index.ts';
import { channels as nodeChannels } from '../../channels/node.ts';
import { type Channel, isMessage, type Nothing, type ParsedEvent, type SettingMeta } from '../../src/channel.ts';
import { Malformed, Rejected } from '../../src/errors.ts';
import { describeSettings } from '../../src/intake/endpoint-settings.ts';
import { outcomeOf, readSamples } from './samples.ts';
import { bytes, endpointFor, requestFor, sha256, toolsFor } from './stand-ins.ts';
import { tamperings } from './tampering.ts';

const channels = nodeChannels as unknown as readonly Channel[];
const skips: string[] = [];
const skip = (channel: Channel, what: string, why: string): void => {
  skips.push(`${channel.id}: ${what} (${why})`);
};

afterAll(() => {
  console.log(`contract: ${channels.length} channels, ${skips.length} parts skipped`);
  for (const line of skips) console.log(`  skipped ${line}`);
});

it('lists every channel once, and the edge list is a part of the full one', () => {
  const ids = channels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const channel of edgeChannels) expect(ids).toContain(channel.id);
});

describe.each(channels.map((channel) => [channel.id, channel] as const))('%s: shape', (id, channel) => {
  it('is a frozen object in a folder of its own name', () => {
    expect(Object.isFrozen(channel)).toBe(true);
    expect(existsSync(new URL(`../../channels/${id}/index.ts`, import.meta.url))).toBe(true);
    expect(channel.title.en).toMatch(/\S/);
    expect(channel.title.ru).toMatch(/[а-яё]|^[A-Z]/i);
  });

  it('declares what it receives, with limits', () => {
    const { capabilities } = channel;
    expect(capabilities.receives.length).toBeGreaterThan(0);
    expect(capabilities.maxBodyBytes).toBeGreaterThan(0);
    expect(capabilities.maxBodyBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    if (capabilities.originsSetting !== undefined)
      expect(Object.keys(channel.settings.shape)).toContain(capabilities.originsSetting);
    expect(capabilities.rate?.perAddressPerMinute ?? 1).toBeGreaterThan(0);
  });

  it('names absences that a reader may miss', () => {
    for (const member of ['verify', 'handshake', 'listen', 'send', 'fetch'] as const)
      if (channel[member] === undefined) skip(channel, member, 'the channel does not declare it');
  });
});

describe.each(channels.map((channel) => [channel.id, channel] as const))('%s: settings', (_id, channel) => {
  const entries = Object.entries(channel.settings.shape) as [string, z.ZodType][];

  it('have a title and a description in both languages, and an admin form can be drawn from them', () => {
    for (const [name, schema] of entries) {
      const { title, description, ru } = (schema.meta() ?? {}) as Partial<SettingMeta>;
      expect(title, `title of ${name}`).toMatch(/\S/);
      expect(description, `description of ${name}`).toMatch(/\S/);
      expect(ru?.title, `Russian title of ${name}`).toMatch(/[а-яё]/i);
      expect(ru?.description, `Russian description of ${name}`).toMatch(/[а-яё]/i);
    }
    expect(() => z.toJSONSchema(channel.settings, { io: 'input' })).not.toThrow();
  });

  it('hide a setting only behind a choice that there is, and name no other choices than there are', () => {
    const fields = describeSettings(channel);
    for (const { name, when, choices, choiceTitles } of fields) {
      const other = fields.find((field) => field.name === when?.setting);
      if (when !== null) expect(other?.choices, `what ${name} waits for`).toEqual(expect.arrayContaining(when.is));
      if (choiceTitles !== null) expect(Object.keys(choiceTitles), `choices of ${name}`).toEqual(choices);
    }
  });

  it('mark their secrets', () => {
    for (const [name, schema] of entries)
      if (/secret$|token$|password$|apiKey$|privateKey$/i.test(name))
        expect(schema.meta()?.secret, `${name} is marked as a secret`).toBe(true);
  });

  it('read their own output back, and drop what they do not know', () => {
    const parsed = channel.settings.safeParse({});
    if (!parsed.success) {
      skip(channel, 'default settings', 'the channel cannot start without settings of its own');
      return;
    }
    expect(channel.settings.parse(parsed.data)).toEqual(parsed.data);
    expect(channel.settings.parse({ ...parsed.data, nobodyKnowsThis: 1 })).toEqual(parsed.data);
  });
});

describe.each(channels.map((channel) => [channel.id, channel] as const))('%s: samples', (_id, channel) => {
  const pairs = readSamples(channel);

  it('are at least five, and tell what each is about', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(5);
    for (const pair of pairs) expect(pair.about, pair.name).toMatch(/\S/);
  });

  it.each(pairs.map((pair) => [pair.name, pair] as const))('%s', async (_name, pair) => {
    expect(await outcomeOf(channel, pair)).toEqual(pair.expected);
  });

  it.each(pairs.map((pair) => [pair.name, pair] as const))('%s: pure, and within the limits', async (_name, pair) => {
    const before = sha256(pair.request.body);
    const settle = async () => [
      await Promise.resolve()
        .then(() => channel.parse(pair.request, pair.endpoint))
        .catch(String),
    ];
    const first = await settle();
    expect(await settle()).toEqual(first);
    expect(sha256(pair.request.body), 'the body is untouched').toBe(before);
    if (typeof first[0] === 'object') checkEvents(first[0]);
  });
});

describe.each(channels.map((channel) => [channel.id, channel] as const))('%s: tampering', (id, channel) => {
  const list = tamperings[id] ?? [];
  if (channel.verify === undefined) {
    skip(channel, 'tampering', 'it receives no webhooks');
    it('has nothing to tamper with', () => expect(list).toEqual([]));
  } else it('is tested', () => expect(list.length).toBeGreaterThan(0));

  it.each(list.map((tampering) => [tampering.name, tampering] as const))('%s', async (_name, { run, statuses }) => {
    const { genuine, tampered } = await run(channel);
    await expect(genuine()).resolves.toBeTypeOf('object');
    const error = await tampered().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Rejected);
    expect(statuses).toContain((error as Rejected).status);
  });
});

describe.each(channels.map((channel) => [channel.id, channel] as const))('%s: hostile input', (_id, channel) => {
  const endpoint = endpointFor(channel);
  const types = [
    ...(channel.capabilities.mediaTypes ?? ['application/json', 'text/plain']),
    'multipart/form-data; boundary=b',
    'application/json; charset=utf-16le',
    'application/x-www-form-urlencoded; charset=koi8-r',
    '',
  ];
  const anyBody = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.json({ maxDepth: 12 }).map(bytes),
    fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })).map((o) => bytes(JSON.stringify(o))),
    fc.webQueryParameters().map(bytes),
    fc
      .array(
        fc.constantFrom(
          '--b',
          '\r\n',
          '--',
          'Content-Disposition: form-data; name="',
          '"',
          ';filename=',
          'a',
          '\r\n\r\n',
        ),
      )
      .map((pieces) => bytes(pieces.join(''))),
  );
  const anyHeaders = fc
    .record({ 'content-type': fc.constantFrom(...types) })
    .chain((own) =>
      fc
        .dictionary(fc.constantFrom('accept', 'idempotency-key', 'referer', 'accept-language', 'cookie'), fc.string())
        .map((more) => ({ ...more, ...own })),
    );

  it('is refused, quarantined or read within the limits: nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(anyBody, anyHeaders, async (body, headers) => {
        const request = requestFor(channel, { body, headers });
        const genuine = await settle(() => channel.verify?.(request, endpoint, toolsFor()), Rejected);
        const parsed = await settle(() => channel.parse(request, endpoint), Malformed);
        if (parsed !== undefined) checkEvents(parsed as readonly ParsedEvent[] | Nothing);
        if (genuine !== undefined) expect(parsed, 'what was taken can be read').toBeDefined();
      }),
      { numRuns: 400 },
    );
  });

  it('cannot reach a page of the channel', async () => {
    if (channel.handshake === undefined) {
      skip(channel, 'hostile GET', 'the channel answers no GET');
      return;
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (query, header) => {
        const url = `/in/${channel.id}/k3y?${query}`;
        const headers = { 'accept-language': header, referer: header };
        await channel.handshake!(requestFor(channel, { method: 'GET', url, headers }), endpoint, toolsFor());
      }),
      { numRuns: 200 },
    );
  });
});

/** The value, or `undefined` for the one error that may be thrown; anything else fails the test. */
async function settle(work: () => unknown, allowed: typeof Rejected | typeof Malformed): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof allowed) return undefined;
    throw error;
  }
}

/** The limits that channel.ts promises to the house. */
function checkEvents(parsed: readonly ParsedEvent[] | Nothing): void {
  if ('ignored' in parsed) {
    expect(parsed.ignored).toMatch(/\S/);
    return;
  }
  for (const event of parsed) {
    if (!isMessage(event)) {
      checkStrings(event);
      continue;
    }
    expect((event.subject ?? '').length).toBeLessThanOrEqual(1000);
    expect((event.rest ?? '').length).toBeLessThanOrEqual(50_000);
    expect((event.html ?? '').length).toBeLessThanOrEqual(200_000);
    expect((event.files ?? []).length).toBeLessThanOrEqual(20);
    expect((event.references ?? []).length).toBeLessThanOrEqual(30);
    expect(JSON.stringify(event.reach ?? {}).length).toBeLessThanOrEqual(8000);
    for (const file of event.files ?? []) {
      expect(file.name).not.toMatch(/[\\/\u0000-\u001f]/);
      expect(JSON.stringify(file.ref).length).toBeLessThanOrEqual(8000);
    }
    expect((event.sender.name ?? '').length).toBeLessThanOrEqual(200);
    expect((event.text ?? '').length).toBeLessThanOrEqual(20_000);
    for (const { value } of event.sender.identities) {
      expect(value.length).toBeLessThanOrEqual(320);
      expect(value).toMatch(/\S/);
    }
    for (const attachment of event.attachments ?? []) expect(attachment.name).not.toMatch(/[\\/\u0000-\u001f]/);
    checkStrings({ ...event, attachments: undefined });
  }
}

/** No NUL and no half of a surrogate pair anywhere: neither fits into a database's text. */
function checkStrings(value: unknown): void {
  if (typeof value === 'string') {
    expect(value.isWellFormed()).toBe(true);
    expect(value.includes('\u0000')).toBe(false);
  } else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      checkStrings(key);
      checkStrings(inner);
    }
}
