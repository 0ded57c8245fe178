/**
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D), bound to its place by associated data: a ciphertext that
 * is
 * moved to another table, column, row or subject does not open.
 *
 * Sealed value: `01 | nonce (12) | ciphertext | tag (16)`, 29 bytes longer than the plaintext.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { freshBytes } from '../randomness.ts';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const OVERHEAD = 1 + NONCE_BYTES + TAG_BYTES;

/** A symmetric key of 32 bytes. */
export type DataKey = KeyObject;

/** Where a sealed value stands. `subject` is whose key seals it: a contact, an endpoint or the installation. */
export interface Place {
  readonly table: string;
  readonly column: string;
  readonly row: string;
  readonly subject: string;
}

/** The value does not open: wrong key, other place, or changed bytes. Says where, never what. */
export class CannotOpen extends Error {
  override readonly name = 'CannotOpen';
  constructor(place: Place, cause?: unknown) {
    super(`${place.table}.${place.column} of row ${place.row} does not open with this key`, { cause });
  }
}

function associatedData(place: Place): Buffer {
  return Buffer.from(`${place.table}|${place.column}|${place.row}|${place.subject}`);
}

/** A fresh random key. */
export function newDataKey(): DataKey {
  return createSecretKey(freshBytes(KEY_BYTES));
}

export function makeKey(bytes: Uint8Array): DataKey {
  if (bytes.length !== KEY_BYTES) throw new Error(`a data key has 32 bytes, not ${bytes.length}`);
  return createSecretKey(bytes);
}

export function seal(key: DataKey, place: Place, plaintext: Uint8Array | string): Buffer {
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext;
  const sealed = Buffer.allocUnsafe(bytes.length + OVERHEAD);
  const nonce = freshBytes(NONCE_BYTES);
  sealed[0] = FORMAT;
  sealed.set(nonce, 1);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData(place));
  cipher.update(bytes).copy(sealed, 1 + NONCE_BYTES);
  cipher.final();
  cipher.getAuthTag().copy(sealed, sealed.length - TAG_BYTES);
  return sealed;
}

/** @throws CannotOpen */
export function unseal(key: DataKey, place: Place, sealed: Uint8Array): Buffer {
  if (sealed.length < OVERHEAD || sealed[0] !== FORMAT) throw new CannotOpen(place);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(place));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const plain = decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES));
    decipher.final();
    return plain;
  } catch (cause) {
    throw new CannotOpen(place, cause);
  }
}

export function unsealText(key: DataKey, place: Place, sealed: Uint8Array): string {
  return unseal(key, place, sealed).toString('utf8');
}

/** A data key sealed by another key. */
export function wrapKey(by: DataKey, place: Place, key: DataKey): Buffer {
  return seal(by, place, key.export());
}

/** @throws CannotOpen */
export function unwrapKey(by: DataKey, place: Place, wrapped: Uint8Array): DataKey {
  return createSecretKey(unseal(by, place, wrapped));
}

/** A secret for one purpose out of a data key (HKDF-SHA-256, RFC 5869). 32 bytes. */
export function deriveSecret(key: DataKey, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `inlet ${purpose}`, 32));
}
