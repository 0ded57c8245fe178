/** Real mails with bytes changed, cut and doubled: whatever comes out is within the limits, or Malformed. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMessage, type ParsedEvent } from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { endpointFor, requestFor } from '../contract/stand-ins.ts';
import { channel } from './mailbox.ts';

const samples = new URL('../../channels/email/samples/', import.meta.url);
const mails = readdirSync(samples)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => readFileSync(new URL(file, samples)));

const PIECES = [
  '\r\n',
  '\r\n\r\n',
  '--b1',
  '=?utf-8?B?',
  '?=',
  '\u0000',
  '"',
  ';',
  '<',
  '>',
  '@',
  'charset=',
  '\ud83d',
  '💥',
];

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.integer({ min: 0, max: 40 }),
  put: fc.oneof(
    fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  ),
});

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...strings(inner)]);
}

it('is read within the limits, or quarantined', async () => {
  const endpoint = endpointFor(channel);
  let read = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...mails),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      async (mail, changes) => {
        let body: Buffer = mail;
        for (const { at, cut, put } of changes) {
          const from = Math.floor(at * body.length);
          body = Buffer.concat([body.subarray(0, from), put, body.subarray(from + cut)]);
        }
        const found = await Promise.resolve(channel.parse(requestFor(channel, { body }), endpoint)).catch(
          (error: unknown) => {
            expect(error).toBeInstanceOf(Malformed);
            return [];
          },
        );
        for (const text of strings(found)) {
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toContain('\u0000');
        }
        if ('ignored' in found) return;
        const events: readonly ParsedEvent[] = found;
        read += events.length;
        for (const event of events.filter(isMessage)) {
          expect(event.text?.length ?? 0).toBeLessThanOrEqual(20_000);
          expect(event.sender.identities[0]?.value).toMatch(/\S/);
          expect(event.sender.identities[0]?.value.length).toBeLessThanOrEqual(320);
          expect(event.sender.name ?? '').not.toMatch(/[\r\n\u202e]/);
          for (const { name } of event.attachments ?? []) expect(name).not.toMatch(/[\\/\u0000-\u001f\u202e]/);
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(read).toBeGreaterThan(1000);
}, 120_000);
