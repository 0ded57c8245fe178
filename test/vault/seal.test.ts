import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  CannotOpen,
  deriveSecret,
  makeKey,
  newDataKey,
  type Place,
  seal,
  unseal,
  unsealText,
  unwrapKey,
  wrapKey,
} from '../../src/vault/seal.ts';

const place: Place = { table: 'contacts', column: 'name', row: 'r1', subject: 's1' };

describe('a sealed value', () => {
  test.each(['', 'Анна', 'x'.repeat(100_000)])('opens to what it was, 29 bytes longer (%#)', (text) => {
    const key = newDataKey();
    const sealed = seal(key, place, text);
    expect(unsealText(key, place, sealed)).toBe(text);
    expect(sealed.length).toBe(Buffer.byteLength(text) + 29);
  });

  test('never looks the same twice', () => {
    const key = newDataKey();
    expect(new Set(Array.from({ length: 2000 }, () => seal(key, place, 'x').toString('hex', 1, 13))).size).toBe(2000);
  });

  test.each(['table', 'column', 'row', 'subject'] as const)('does not open with another %s', (part) => {
    const key = newDataKey();
    const sealed = seal(key, place, 'secret');
    expect(() => unseal(key, { ...place, [part]: `${place[part]}x` }, sealed)).toThrow(CannotOpen);
  });

  test('does not open with another key, nor with any bit of it changed, nor cut, nor longer', () => {
    const key = newDataKey();
    const sealed = seal(key, place, 'call +79991112233');
    expect(() => unseal(newDataKey(), place, sealed)).toThrow(CannotOpen);
    for (let byte = 0; byte < sealed.length; byte += 1)
      for (const bit of [1, 128]) {
        const changed = Buffer.from(sealed);
        changed[byte]! ^= bit;
        expect(() => unseal(key, place, changed)).toThrow(CannotOpen);
      }
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => unseal(key, place, sealed.subarray(0, length))).toThrow(CannotOpen);
    expect(() => unseal(key, place, Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(CannotOpen);
  });

  test('says where it does not open, never what is in it', () => {
    const sealed = seal(newDataKey(), place, 'Anna');
    try {
      unseal(newDataKey(), place, sealed);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toBe('CannotOpen: contacts.name of row r1 does not open with this key');
    }
  });
});

describe('a wrapped key', () => {
  test('is the same key again, only for its place', () => {
    const [by, key] = [newDataKey(), newDataKey()];
    const wrapped = wrapKey(by, place, key);
    expect(unwrapKey(by, place, wrapped).export().equals(key.export())).toBe(true);
    expect(wrapped.includes(key.export())).toBe(false);
    expect(() => unwrapKey(by, { ...place, subject: 's2' }, wrapped)).toThrow(CannotOpen);
  });

  test('has 32 bytes', () => {
    expect(() => makeKey(Buffer.alloc(16))).toThrow('32 bytes');
  });
});

/** What is in the database today must open after every refactoring: these bytes may never change. */
describe('fixed vectors', () => {
  const key = makeKey(Buffer.alloc(32, 7));

  test('the sealed format is 01, nonce, AES-256-GCM over table|column|row|subject, tag', () => {
    const nonce = Buffer.alloc(12, 9);
    const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32, 7), nonce);
    cipher.setAAD(Buffer.from('contacts|name|r1|s1'));
    const body = Buffer.concat([cipher.update('Анна'), cipher.final()]);
    const sealed = Buffer.concat([Buffer.from([1]), nonce, body, cipher.getAuthTag()]);
    expect(unsealText(key, place, sealed)).toBe('Анна');
    expect(sealed.toString('hex')).toBe('01090909090909090909090909f71554296e4d11d1dfd02992fb77d667954c30708beedfd8');
    const other = Buffer.from(sealed);
    other[0] = 2;
    expect(() => unseal(key, place, other)).toThrow(CannotOpen);
  });

  test('a derived secret is HKDF-SHA-256 of the key with its purpose', () => {
    expect(deriveSecret(key, 'form-start').toString('hex')).toBe(
      '170229eecc5699c0efc5e19621113d36624394e0a5e9701ea497877a3b23294b',
    );
    expect(deriveSecret(key, 'form-start2')).not.toEqual(deriveSecret(key, 'form-start'));
  });
});
