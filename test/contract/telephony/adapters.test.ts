/** What every telephony adapter must hold, besides the suite of the channel that they make up together. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Adapter } from '../../../channels/telephony/adapter.ts';
import { adapters } from '../../../channels/telephony/adapters.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { TITLES } from '../../../channels/telephony/provider-settings.ts';
import { addFacts, type Call, foldCall, type HeardFact } from '../../../src/calls/fold.ts';
import type { Channel, Nothing, ParsedEvent } from '../../../src/channel.ts';
import { Malformed, Rejected } from '../../../src/errors.ts';
import { type Pair, readSamples } from '../samples.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { cases } from './providers.ts';

const channel = telephony as unknown as Channel;
const samples = readSamples(channel);
const all = Object.entries(adapters) as [keyof typeof TITLES, Adapter][];

it('every provider that can be chosen has an adapter and a case', () => {
  expect(all.map(([id]) => id).sort()).toEqual(Object.keys(TITLES).sort());
  expect(Object.keys(cases).sort()).toEqual(Object.keys(TITLES).sort());
});

describe.each(all)('%s', (id, adapter) => {
  const one = cases[id]!;
  const endpoint = endpointFor(channel, one.settings);
  const tools = toolsFor(one.now === undefined ? {} : { now: () => one.now! });

  it('is named by its id, and its settings begin with it', () => {
    expect(adapter.id).toBe(id);
    const gated = Object.entries(channel.settings.shape).filter(([, schema]) =>
      ((schema as { meta: () => { when?: { is: string[] } } }).meta().when?.is ?? []).includes(id),
    );
    for (const [name] of gated) expect(name).toMatch(/^[a-z]+[A-Z]/);
  });

  it('has at least five samples', () => {
    expect(samples.filter(({ name }) => name.startsWith(`${id}--`)).length).toBeGreaterThanOrEqual(5);
  });

  it('is tampered with, unless its address is all that protects it', () => {
    const proofs = Object.keys(one.tamperings).length;
    if (adapter.trust === 'address') expect(proofs).toBe(0);
    else expect(proofs).toBeGreaterThanOrEqual(adapter.verify === undefined ? 0 : 4);
  });

  it('accepts the previous secret while it is being changed', async () => {
    if (adapter.trust === 'address' || adapter.verify === undefined || id === 'telnyx') return;
    const secret = Object.keys(one.settings).find((name) => /(?:Secret|Token|Salt|Key)$/.test(name));
    expect(secret, 'the setting that holds the secret').toBeDefined();
    const changed = {
      ...one.settings,
      [secret!]: 'a-new-one-that-is-long-enough',
      previousSecret: one.settings[secret!],
    };
    const request = requestFor(channel, one.genuine());
    await expect(channel.verify!(request, endpointFor(channel, changed), tools)).resolves.toBeTypeOf('object');
    await expect(
      (async () => channel.verify!(request, endpointFor(channel, { ...changed, previousSecret: '' }), tools))(),
    ).rejects.toBeInstanceOf(Rejected);
  });

  it('makes a genuine test call, missed and by the number that was asked for', async () => {
    // Only Telnyx has the private key that its events are signed with.
    if (adapter.verify === undefined || id === 'telnyx') return;
    expect(adapter.test, 'a test').toBeDefined();
    const at = one.now ?? new Date();
    const requests = adapter.test!(endpoint as never, { callId: 'inlet-test-1', client: '+12025550100', at });
    const events: ParsedEvent[] = [];
    for (const { method, path, headers, body } of requests) {
      const url = `/in/telephony/k3y${path}`;
      const request = requestFor(channel, { method, url, headers, body: bytes(body) });
      await channel.verify!(request, endpoint, toolsFor({ now: () => at }));
      const parsed = await channel.parse(request, endpoint);
      expect(parsed).not.toHaveProperty('ignored');
      events.push(...(parsed as readonly ParsedEvent[]));
    }
    const people = events.flatMap((event) => ('sender' in event ? event.sender.identities : []));
    expect(people.map(({ value }) => value.replace(/\D/g, ''))).toContain('12025550100');
    expect(events.some((event) => event.kind === 'call' && event.call?.outcome !== 'answered')).toBe(true);
    expect(new Set(events.map((event) => 'eventId' in event && event.eventId)).size).toBe(1);
  });

  it('keeps the number of the client out of what is kept in clear', async () => {
    const pairs = samples.filter(({ name }) => name.startsWith(`${id}--`));
    for (const { name, request, endpoint: at } of pairs) {
      const parsed = await Promise.resolve()
        .then(() => channel.parse(request, at))
        .catch(() => []);
      if ('ignored' in parsed) continue;
      for (const event of parsed) {
        if (!('call' in event) || event.call === undefined) continue;
        const said = [event.call.line, event.call.extension, event.call.toExtension, event.call.cause].join('|');
        for (const { value } of event.sender.identities)
          expect(said.replace(/[^\d|]/g, ''), name).not.toContain(value.replace(/\D/g, '').slice(-10));
      }
    }
  });

  it('tells of calls that are the same in any order, however often, and never move backwards', async () => {
    const told = await callsOf(samples.filter(({ name }) => name.startsWith(`${id}--`)));
    const grown = told.filter((facts) => facts.length > 1);
    expect(grown.length, 'calls of several events among the samples').toBeGreaterThan(0);
    for (const facts of grown) {
      const whole = foldCall(addFacts([], facts));
      fc.assert(
        fc.property(shuffled([...facts, ...facts, ...facts]), (order) => {
          let known: readonly HeardFact[] = [];
          let before: Call | undefined;
          for (const one of order) {
            known = addFacts(known, [one]);
            const call = foldCall(known);
            if (before !== undefined)
              expect(STATES.indexOf(call.state)).toBeGreaterThanOrEqual(STATES.indexOf(before.state));
            if (before?.outcome === 'answered') expect(call.outcome).toBe('answered');
            before = call;
          }
          expect(before).toEqual(whole);
        }),
        { numRuns: 30 },
      );
      fc.assert(
        fc.property(fc.shuffledSubarray(facts, { minLength: 1 }), (some) => {
          const call = foldCall(addFacts([], some));
          expect(STATES.indexOf(whole.state)).toBeGreaterThanOrEqual(STATES.indexOf(call.state));
          if (call.outcome === 'answered') expect(whole.outcome).toBe('answered');
        }),
        { numRuns: 30 },
      );
    }
  });

  it('reads anything at all, or refuses it: nothing else', async () => {
    const genuine = one.genuine();
    const text = new TextDecoder().decode(genuine.body);
    const inherited = fc.tuple(
      fc.constantFrom(...(text.match(/[\w.-]{3,}/g) ?? ['event'])),
      fc.constantFrom('constructor', '__proto__', 'toString', 'hasOwnProperty'),
    );
    const renamed = inherited.map(([word, name]) => text.replaceAll(word, name));
    const mangled = fc
      .tuple(fc.nat(text.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
    const anyBody = fc.oneof(
      mangled.map(bytes),
      renamed.map(bytes),
      fc.uint8Array({ maxLength: 500 }),
      fc.json({ maxDepth: 6 }).map(bytes),
      fc.webQueryParameters().map(bytes),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, fc.webQueryParameters(), async (body, query) => {
        for (const url of [genuine.url, `/in/telephony/k3y?${query}`]) {
          const request = requestFor(channel, { ...genuine, url, body });
          await only(Rejected, () => channel.verify?.(request, endpoint, tools));
          await only(Malformed, async () => checkCalls(await channel.parse(request, endpoint)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

async function only(allowed: typeof Rejected | typeof Malformed, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof allowed)) throw error;
  }
}

const HAPPENED = ['ringing', 'answered', 'held', 'transferred', 'leg-ended', 'ended', 'recorded', 'noted'];

/** What the house takes for granted about a fact. */
function checkCalls(parsed: readonly ParsedEvent[] | Nothing): void {
  if ('ignored' in parsed) return;
  for (const event of parsed) {
    if (event.kind !== 'call') continue;
    expect(event.eventId).toMatch(/\S/);
    expect(HAPPENED).toContain(event.call?.happened);
    for (const [name, value] of Object.entries(event.call ?? {})) {
      if (value instanceof Date) expect(value.getTime(), name).not.toBeNaN();
      else expect(['string', 'number', 'boolean'], name).toContain(typeof value);
    }
    if (event.at !== undefined) expect(event.at.getTime()).not.toBeNaN();
  }
}

const STATES = ['ringing', 'talking', 'ended'];

const shuffled = <T>(all: T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });

/** What the samples of one provider say, by call. */
async function callsOf(pairs: readonly Pair[]): Promise<HeardFact[][]> {
  const calls = new Map<string, HeardFact[]>();
  for (const { request, endpoint } of pairs) {
    const parsed = await Promise.resolve()
      .then(() => channel.parse(request, endpoint))
      .catch(() => []);
    if ('ignored' in parsed) continue;
    for (const event of parsed) {
      if (!('call' in event) || event.call === undefined) continue;
      const facts = calls.get(event.eventId ?? '') ?? [];
      const files = event.files === undefined ? {} : { files: event.files };
      facts.push({ fact: event.call, heardAtMs: request.receivedAt.getTime() + facts.length * 1000, ...files });
      calls.set(event.eventId ?? '', facts);
    }
  }
  return [...calls.values()].map((facts) => [...addFacts([], facts)]);
}
