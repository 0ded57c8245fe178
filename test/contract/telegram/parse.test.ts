/** Updates with anything in any place: read within the limits, or quarantined, and nothing else. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { telegram } from '../../../channels/telegram/index.ts';
import { type Channel, isMessage, type ParsedEvent } from '../../../src/channel.ts';
import { Malformed } from '../../../src/errors.ts';
import { readSamples } from '../samples.ts';
import { bytes, requestFor } from '../stand-ins.ts';
import { telegramEndpoint } from './scripted.ts';

const channel = telegram as unknown as Channel;
const endpoint = telegramEndpoint(telegram, { groups: 'handle' }, 'ru');

const updates = readSamples(channel).flatMap(({ name, request }) => {
  // Ten thousand levels are too many for the recursion of this test.
  if (name === 'hostile-deep') return [];
  try {
    return [JSON.parse(new TextDecoder().decode(request.body)) as unknown];
  } catch {
    return [];
  }
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...at, key]));
  return at.length === 0 ? inner : [at, ...inner];
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  if (by === undefined && rest.length === 0) delete copy[key];
  else copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const hostile = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(0, -1, 2 ** 60, 1e308, '', ' ', '\u0000', '\ud83d', '\u202e', 'x'.repeat(30_000), true),
  fc.constantFrom<unknown>('🚚'.repeat(15_000), [], {}, [[]], '__proto__', 'constructor', '../../x', { text: ['a'] }),
);

const mutated = fc
  .constantFrom(...updates)
  .chain((update) =>
    fc
      .array(fc.tuple(fc.constantFrom(...pathsOf(update)), hostile), { minLength: 1, maxLength: 4 })
      .map((changes) => changes.reduce<unknown>((whole, [path, by]) => safely(whole, path, by), update)),
  );

/** An earlier change may have taken away where a later one points to. */
function safely(whole: unknown, path: Path, by: unknown): unknown {
  let at = whole;
  for (const key of path.slice(0, -1)) {
    at = (at as Record<string | number, unknown> | undefined)?.[key];
    if (typeof at !== 'object' || at === null) return whole;
  }
  return replaced(whole, path, by);
}

it('holds whatever stands in an update', async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(mutated, async (update) => {
      const request = requestFor(channel, { body: bytes(JSON.stringify(update)) });
      const parse = async () => telegram.parse(request, endpoint);
      const parsed = await parse().catch((error: unknown) => {
        if (error instanceof Malformed) return { ignored: 'malformed' };
        throw error;
      });
      if ('ignored' in parsed) {
        expect(parsed.ignored).toMatch(/\S/);
        return;
      }
      for (const event of parsed) check(event);
      read += parsed.length;
    }),
    { numRuns: 3000 },
  );
  expect(read, 'enough of it can still be read').toBeGreaterThan(500);
});

function check(event: ParsedEvent): void {
  const whole = JSON.stringify(event);
  expect(whole.isWellFormed() && !/\\u(?:d[89a-f][0-9a-f]{2}|0000)/.test(whole), whole.slice(0, 300)).toBe(true);
  if (!isMessage(event)) return;
  expect((event.text ?? '').length).toBeLessThanOrEqual(20_000);
  expect((event.sender.name ?? '').length).toBeLessThanOrEqual(200);
  expect((event.files ?? []).length).toBeLessThanOrEqual(20);
  expect(JSON.stringify(event.reach).length).toBeLessThanOrEqual(1000);
  expect((event.eventId ?? '').length).toBeLessThanOrEqual(700);
  for (const { name, ref } of event.files ?? []) {
    expect(name).toMatch(/^[^\\/\u0000-\u001f\u202e]{1,200}$/);
    expect(JSON.stringify(ref).length).toBeLessThanOrEqual(8000);
  }
  expect(Boolean(event.text) || event.files !== undefined || event.location !== undefined).toBe(true);
  const [own, ...more] = event.sender.identities;
  expect(own?.value).toMatch(/^-?\d+$/);
  for (const { value } of more) expect(value).toMatch(/^\+\d{5,20}$/);
}
