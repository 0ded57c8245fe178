/** Every sample with anything in any place: read, ignored or quarantined, never a crash, always within the limits. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMessage, type ParsedEvent } from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { bytes } from '../contract/stand-ins.ts';
import { parsed } from './house.ts';

const at = new URL('../../channels/whatsapp-baileys/samples/', import.meta.url);
const samples = readdirSync(at)
  .filter((file) => file.endsWith('.request.json'))
  .map((file) => (JSON.parse(readFileSync(new URL(file, at), 'utf8')) as { json?: unknown }).json)
  .filter((json) => json !== undefined);

/** Where a value stands: the names from the outermost object to it. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => placesOf(inner, [...path, name]))];
}

function replace(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  copy[name] = replace(copy[name], rest, by);
  return copy;
}

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom('constructor', '\ud83d', '\u0000', 'x'.repeat(30_000), '../../x', '1@lid', 'status@broadcast'),
  fc.jsonValue(),
  fc.double(),
);

function checkText(value: unknown): void {
  if (typeof value === 'string') expect(value.isWellFormed() && !value.includes('\u0000')).toBe(true);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) checkText(inner);
}

function check(events: readonly ParsedEvent[] | string): void {
  if (typeof events === 'string') {
    expect(events).toMatch(/\S/);
    return;
  }
  checkText(JSON.parse(JSON.stringify(events)));
  for (const event of events) {
    if (!isMessage(event)) continue;
    expect((event.text ?? '').length).toBeLessThanOrEqual(20_000);
    expect((event.sender.name ?? '').length).toBeLessThanOrEqual(200);
    expect(event.sender.identities.length).toBeGreaterThan(0);
    for (const { kind, value } of event.sender.identities)
      expect(value).toMatch(kind === 'phone' ? /^\+[1-9]\d{4,19}$/ : /^\d{1,30}@lid$/);
    for (const file of event.files ?? []) {
      expect(file.name).toMatch(/^[^\\/\u0000-\u001f]{1,200}$/);
      expect(JSON.stringify(file.ref).length).toBeLessThanOrEqual(8000);
    }
  }
}

it('finds nothing that breaks parse', () => {
  const anyCase = fc
    .constantFrom(...samples)
    .chain((json) => fc.tuple(fc.constant(json), fc.constantFrom(...placesOf(json)), anything));
  fc.assert(
    fc.property(anyCase, ([json, place, by]) => {
      const body = bytes(JSON.stringify(replace(json, place, by)) ?? '');
      try {
        check(parsed({ body }, { groups: 'handle' }));
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
