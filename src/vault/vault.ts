/**
 * The keys of one installation.
 *
 *   master key (never in the database) -> wraps each contact's key, each endpoint's key and the index key
 *   contact key                        -> seals that contact's values; destroying it is erasure
 *   endpoint key                       -> seals settings, and raw deliveries until their contact is known
 *   index key                          -> blind index: equal values have equal lookups, and nothing else can be told
 *
 * A key wrapped by the master key: `master key id (4 bytes) | sealed key`. The id lets a rotation tell old from new.
 */
import { createHash, createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import { type DataKey, makeKey, newDataKey, type Place, unwrapKey, wrapKey } from './seal.ts';

const KEY_ID_BYTES = 4;

export interface Vault {
  /** A fresh random key and its wrapped form for the subject's row. */
  readonly newKey: (kind: SubjectKind, subject: string) => { readonly key: DataKey; readonly wrapped: Buffer };
  /** @throws CannotOpen when the key was wrapped for another subject, UnknownMasterKey under another master key. */
  readonly openKey: (kind: SubjectKind, subject: string, wrapped: Uint8Array) => DataKey;
  /** Wraps the same data key again with the newest master key. */
  readonly rewrap: (kind: SubjectKind, subject: string, wrapped: Uint8Array) => Buffer;
  /** True when this wrapped key is under the newest master key. */
  readonly isCurrent: (wrapped: Uint8Array) => boolean;
  /** Blind index as a UUID-shaped 128-bit value. `scope` separates kinds that may not meet. */
  readonly lookup: (scope: string, value: string | Uint8Array) => string;
}

export type SubjectKind = 'contact' | 'endpoint' | 'installation';

/** The data was written under a master key that this process does not hold. */
export class UnknownMasterKey extends Error {
  override readonly name = 'UnknownMasterKey';
  constructor() {
    super(
      'This database was encrypted under another master key. Start with the original INLET_MASTER_KEY or ' +
        'INLET_MASTER_KEY_FILE; without it the client base cannot be read by anybody.',
    );
  }
}

function placeOf(kind: SubjectKind, subject: string): Place {
  return { table: `${kind}_keys`, column: 'wrapped', row: subject, subject };
}

interface Master {
  readonly id: Buffer;
  readonly key: DataKey;
}

function readMaster(bytes: Uint8Array): Master {
  // The id is a hash of a derived value, so that it says nothing about the key itself.
  const derived = Buffer.from(hkdfSync('sha256', bytes, '', 'inlet master key id', 32));
  return { id: createHash('sha256').update(derived).digest().subarray(0, KEY_ID_BYTES), key: makeKey(bytes) };
}

/** Wraps and unwraps; the index key is the one thing it has to be given. Newest master key first. */
export function openKeyring(masters: readonly Uint8Array[]): Omit<Vault, 'lookup'> {
  const ring = masters.map(readMaster);
  const newest = ring[0];
  if (newest === undefined) throw new Error('a vault needs at least one master key');
  const wrap = (kind: SubjectKind, subject: string, key: DataKey): Buffer =>
    Buffer.concat([newest.id, wrapKey(newest.key, placeOf(kind, subject), key)]);
  const openKey = (kind: SubjectKind, subject: string, wrapped: Uint8Array): DataKey => {
    const id = wrapped.subarray(0, KEY_ID_BYTES);
    const master = ring.find((one) => one.id.equals(id));
    if (master === undefined) throw new UnknownMasterKey();
    return unwrapKey(master.key, placeOf(kind, subject), wrapped.subarray(KEY_ID_BYTES));
  };
  return {
    newKey: (kind, subject) => {
      const key = newDataKey();
      return { key, wrapped: wrap(kind, subject, key) };
    },
    openKey,
    rewrap: (kind, subject, wrapped) => wrap(kind, subject, openKey(kind, subject, wrapped)),
    isCurrent: (wrapped) => newest.id.equals(wrapped.subarray(0, KEY_ID_BYTES)),
  };
}

function asUuid(digest: Buffer): string {
  const hex = digest.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** 128 bits of HMAC-SHA-256 over `scope NUL value`, written as a UUID so that PostgreSQL keeps it in 16 bytes. */
export function blindIndex(indexKey: KeyObject): Vault['lookup'] {
  return (scope, value) => asUuid(createHmac('sha256', indexKey).update(`${scope}\0`).update(value).digest());
}
