import { Rejected } from '../../src/errors.ts';
import type { Entry } from './read.ts';

const MAX_DEPTH = 8;
const MAY_HOLD_NUMBER = /[:[,]\s*-?\d/;

/** A JSON body as flat entries: `{"contact":{"phone":"1"}}` becomes `contact.phone`, lists become `a, b`. */
export function readJson(text: string, maxEntries: number): Entry[] {
  checkDepth(text);
  let body: unknown;
  try {
    // A reviver costs more than the parsing: only for bodies that may hold a number.
    body = MAY_HOLD_NUMBER.test(text)
      ? JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown)
      : JSON.parse(text);
  } catch {
    throw new Rejected(400, 'The body is not valid JSON.');
  }
  const entries: Entry[] = [];
  const add = (name: string, value: string): void => {
    if (entries.length === maxEntries) throw new Rejected(422, `More than ${maxEntries} fields in one form.`);
    entries.push({ name, value });
  };
  if (isPairList(body)) for (const pair of body) add(pair.name, plain(pair.value));
  else if (isObject(body)) for (const [name, value] of Object.entries(body)) flatten(name, value, add, 1);
  else throw new Rejected(400, 'The body must be a JSON object: {"name": "...", "phone": "..."}.');
  return entries;
}

/** A number as it was written: an id of 19 digits and a phone without a plus would lose digits as a float. */
function keepNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

/** Before JSON.parse, so that a body of brackets costs one pass and no memory. */
function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new Rejected(400, `The JSON is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What jQuery's serializeArray() sends: a list of `{name, value}`. */
const isPairList = (body: unknown): body is { name: string; value: unknown }[] =>
  Array.isArray(body) && body.length > 0 && body.every((item) => isObject(item) && typeof item.name === 'string');

const plain = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

function flatten(name: string, value: unknown, add: (name: string, value: string) => void, depth: number): void {
  if (typeof value !== 'object' || value === null) add(name, plain(value));
  // Our own fields stay whole: `_first` is an object that attribution.ts reads.
  else if (depth === 1 && name.startsWith('_')) add(name, plain(value));
  else if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null))
    add(name, value.map(plain).join(', '));
  else for (const [key, inner] of Object.entries(value)) flatten(`${name}.${key}`, inner, add, depth + 1);
}
