/** Which messages are one: the same under both addresses of a sender, never across senders. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventIdOf, readEventId, readParty } from '../../channels/whatsapp-baileys/party.ts';
import { readNumber, readTime } from '../../channels/whatsapp-baileys/read.ts';
import { bytes } from '../contract/stand-ins.ts';
import { parsed } from './house.ts';

const LID = '123456789012345@lid';
const PN = '79990000123@s.whatsapp.net';
const ME = { pn: '15550100000@s.whatsapp.net', lid: '900000000000001@lid' };

const idOf = (key: Record<string, unknown>, known?: unknown): string | undefined => {
  const party = readParty(key, ME, known);
  return party === undefined ? undefined : eventIdOf(party, key.id);
};

describe('a client message', () => {
  it('has one id under the LID, the number, with devices and with legacy servers', () => {
    const forms = [
      { remoteJid: LID, id: 'X' },
      { remoteJid: LID, remoteJidAlt: PN, id: 'X' },
      { remoteJid: PN, remoteJidAlt: LID, id: 'X' },
      { remoteJid: '123456789012345:17@lid', id: 'X' },
      { remoteJid: '79990000123:3@s.whatsapp.net', remoteJidAlt: '123456789012345:3@lid', id: 'X' },
      { remoteJid: '79990000123@c.us', remoteJidAlt: '123456789012345@hosted.lid', id: 'X' },
    ];
    expect(new Set(forms.map((key) => idOf(key)))).toEqual(new Set([`0:${LID}:X`]));
    expect(idOf({ remoteJid: PN, id: 'X' }, { lid: LID, pn: PN })).toBe(`0:${LID}:X`);
  });

  it('is not shadowed by another sender who chose the same id', () => {
    const anyUser = fc.bigInt({ min: 10_000_000_000n, max: 999_999_999_999_999n }).map(String);
    const anyServer = fc.constantFrom('lid', 's.whatsapp.net');
    fc.assert(
      fc.property(anyUser, anyUser, anyServer, anyServer, fc.stringMatching(/^[0-9A-F]{1,32}$/), (a, b, x, y, id) => {
        fc.pre(`${a}@${x}` !== `${b}@${y}`);
        expect(idOf({ remoteJid: `${a}@${x}`, id })).not.toBe(idOf({ remoteJid: `${b}@${y}`, id }));
      }),
    );
  });

  it('can never be one of ours, whatever id its sender chose', () => {
    for (const id of ['1:3EB0C0FFEE', '3EB0C0FFEE', `0:${LID}:X`]) expect(idOf({ remoteJid: LID, id })).toMatch(/^0:/);
    expect(idOf({ remoteJid: LID, id: 'X', fromMe: 'true' })).toMatch(/^0:/);
  });

  it('in a group belongs to who wrote it', () => {
    const group = '120363000000000001@g.us';
    expect(idOf({ remoteJid: group, participant: LID, id: 'X' })).toBe(`0:${LID}:X`);
    expect(idOf({ remoteJid: group, id: 'X' })).toBeUndefined();
  });
});

describe('a message of ours', () => {
  it('has one id, whichever address its receipts come under', () => {
    for (const remoteJid of [LID, PN, '123456789012345:12@lid'])
      expect(idOf({ remoteJid, fromMe: true, id: 'X' })).toBe('1:X');
  });

  it('does not lend our own number to the client', () => {
    const party = readParty(
      { remoteJid: LID, remoteJidAlt: '15550100000:3@s.whatsapp.net', fromMe: true, id: 'X' },
      ME,
      undefined,
    );
    expect(party).toMatchObject({ lid: LID });
    expect(party?.phone).toBeUndefined();
    expect(readParty({ remoteJid: LID, remoteJidAlt: PN, fromMe: true, id: 'X' }, ME, undefined)?.phone).toBe(
      '+79990000123',
    );
  });
});

it('digits of a LID are never a phone', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 15n }).map(String), (digits) => {
      expect(readParty({ remoteJid: `${digits}@lid`, id: 'X' }, ME, undefined)?.phone).toBeUndefined();
      expect(
        readParty({ remoteJid: `${digits}@lid`, remoteJidAlt: '77@lid', id: 'X' }, ME, undefined)?.phone,
      ).toBeUndefined();
    }),
  );
});

it('an id that does not fit a key is none', () => {
  for (const id of ['', 'with space', 'x'.repeat(129), 'é', 7, null, undefined])
    expect(idOf({ remoteJid: LID, id })).toBeUndefined();
});

it('reads back what it wrote', () => {
  expect(readEventId('1:3EB0C0FFEE')).toEqual({ fromMe: true, id: '3EB0C0FFEE' });
  expect(readEventId(`0:${LID}:3EB0C0FFEE`)).toEqual({ fromMe: false, id: '3EB0C0FFEE' });
  expect(readEventId(`0:${LID}:a:b`)).toEqual({ fromMe: false, id: 'a:b' });
  expect(readEventId('telegram:1')).toBeUndefined();
});

it('reads times as numbers, strings and Longs, and only plausible ones', () => {
  const at = new Date(1767225600_000);
  for (const value of [1767225600, '1767225600', { low: 1767225600, high: 0, unsigned: true }])
    expect(readTime(value, 1000)).toEqual(at);
  // A Long's low half is written as a signed number once its upper bit is set (after 2038).
  expect(readNumber({ low: -1794967296, high: 0, unsigned: true })).toBe(2500000000);
  expect(readTime({ low: 2028109824, high: 411, unsigned: true }, 1)).toEqual(new Date(411 * 2 ** 32 + 2028109824));
  for (const value of [0, -1, '', 'soon', 1e15, null, { low: 'x', high: 0 }, Number.NaN])
    expect(readTime(value, 1000)).toBeUndefined();
});

it('names that every object has are neither a server nor a kind of message', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(readParty({ remoteJid: `1@${name}`, id: 'X' }, ME, undefined)?.chat.kind).not.toBe('pn');
    const message = JSON.parse(
      `{"key":{"remoteJid":"${LID}","id":"X"},"message":{"${name}":{"caption":"c","text":1}}}`,
    );
    const body = bytes(JSON.stringify({ type: 'message', message }));
    expect(parsed({ body })).toMatchObject([{ text: `A message of a kind that is not shown here (${name})` }]);
  }
});
