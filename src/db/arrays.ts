/**
 * One-dimensional arrays of the built-in types. postgres.js learns array types with an extra query per connection
 * (`fetch_types`), which a Worker cannot afford; with this fixed list Node and Worker read and write arrays alike.
 */

/** Element type -> array type, by object id (`select typelem, oid from pg_type`); these never change. */
export const ARRAY_TYPES: Readonly<Record<number, number>> = {
  16: 1000, // boolean
  17: 1001, // bytea
  20: 1016, // int8
  21: 1005, // int2
  23: 1007, // int4
  25: 1009, // text
  114: 199, // json
  701: 1022, // float8
  1043: 1015, // varchar
  1184: 1185, // timestamptz
  2950: 2951, // uuid
  3802: 3807, // jsonb
};

export function writeArray(items: readonly unknown[], write: (item: unknown) => string): string {
  const texts = items.map((item) => {
    if (item === null || item === undefined) return 'null';
    return `"${write(item).replaceAll(/["\\]/g, '\\$&')}"`;
  });
  return `{${texts.join(',')}}`;
}

export function readArray(text: string, read: (item: string) => unknown): unknown[] {
  if (text === '{}') return [];
  if (text[0] !== '{' || text[1] === '{') throw new Error('only one-dimensional arrays that start at 1 can be read');
  const items: unknown[] = [];
  const element = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs;
  for (const [, quoted, bare] of text.matchAll(element)) {
    if (quoted !== undefined) items.push(read(quoted.replaceAll(/\\(.)/gs, '$1')));
    else items.push(bare === 'NULL' ? null : read(bare ?? ''));
  }
  return items;
}
