/**
 * Columns of a multi-row statement as PostgreSQL array literals: `select * from unnest($1::uuid[], $2::bytea[])`.
 * Written by hand because the driver cannot type array parameters without asking the server (`fetch_types: false`,
 * which Hyperdrive wants), and because hex is the fastest way to hand over many ciphertexts in text format.
 */

type Maybe<T> = T | null | undefined;

/** Values whose text needs no quoting: uuids, numbers, booleans, timestamps in ISO form, plain words. */
export function plainColumn(values: readonly Maybe<string | number | boolean>[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) text += ',';
    text += value === null || value === undefined ? 'null' : value;
  }
  return `${text}}`;
}

export function timeColumn(values: readonly Maybe<number>[]): string {
  return plainColumn(values.map((ms) => (ms === null || ms === undefined ? null : `"${new Date(ms).toISOString()}"`)));
}

/** Free text. PostgreSQL text cannot hold NUL, which is dropped here; lone surrogates become U+FFFD. */
export function textColumn(values: readonly Maybe<string>[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) text += ',';
    if (value === null || value === undefined) text += 'null';
    else {
      const safe = value.toWellFormed().replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
      text += `"${safe}"`;
    }
  }
  return `${text}}`;
}

/** JSON documents, for `::jsonb[]`. */
export function jsonColumn(values: readonly unknown[]): string {
  return textColumn(values.map((value) => (value === null || value === undefined ? null : toJsonb(value))));
}

/** JSON text that jsonb accepts: escaped NUL and lone surrogates are not allowed in it. */
export function toJsonb(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON.stringify writes both as escapes. Rare, and a replacer costs more than everything else here.
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '') : inner,
  );
}

export function bytesColumn(values: readonly Maybe<Buffer>[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) text += ',';
    text += value === null || value === undefined ? 'null' : `"\\\\x${value.toString('hex')}"`;
  }
  return `${text}}`;
}
