/** Plugins wrap their answers in their own ways; after this every form is a flat list of names and values. */
import { looksLikeEmail, type Meaning, surelyPhone } from './fields.ts';
import type { Entry } from './read.ts';

export interface Answer {
  readonly name: string;
  readonly value: string;
  /** What the plugin itself says the field is. */
  readonly meaning?: Meaning;
}

export function unwrap(entries: readonly Entry[]): Answer[] {
  const answers = entries.some((entry) => ELEMENTOR.test(entry.name)) ? fromElementor(entries) : joinRepeated(entries);
  return isGravity(answers) ? answers.map((answer) => fromGravity(answer, answers)) : answers;
}

/** `fields[phone][value]` as a form sends it, `fields.phone.value` out of JSON. */
const ELEMENTOR = /^fields(?:\[([^\]]{1,200})\]\[|\.(.{1,200})\.)(id|type|title|value|raw_value|required)\]?$/;
const ELEMENTOR_TYPES: Readonly<Record<string, Meaning>> = { tel: 'phone', email: 'email', acceptance: 'consent' };

function fromElementor(entries: readonly Entry[]): Answer[] {
  const fields = new Map<string, Map<string, string>>();
  const order: (Answer | { field: string })[] = [];
  for (const entry of entries) {
    const match = ELEMENTOR.exec(entry.name);
    if (match === null) {
      order.push(...fromElementorMeta(entry));
      continue;
    }
    const id = (match[1] ?? match[2])!;
    const field = fields.get(id) ?? new Map<string, string>();
    if (field.size === 0) order.push({ field: id });
    fields.set(id, field.set(match[3]!, entry.value));
  }
  return order.map((item) => {
    if (!('field' in item)) return item;
    const field = fields.get(item.field)!;
    const meaning = ELEMENTOR_TYPES[field.get('type') ?? ''];
    const value = field.get('value') || field.get('raw_value') || '';
    return { name: field.get('title') || item.field, value, ...(meaning === undefined ? {} : { meaning }) };
  });
}

function fromElementorMeta(entry: Entry): Answer[] {
  const form = /^form(?:\[|\.)(id|name)\]?$/.exec(entry.name)?.[1];
  if (form !== undefined) return [{ name: `form_${form}`, value: entry.value }];
  const meta = /^meta(?:\[([a-z_]+)\]\[|\.([a-z_]+)\.)(title|value)\]?$/.exec(entry.name);
  if (meta === null) return [entry];
  return meta[3] === 'value' ? [{ name: (meta[1] ?? meta[2])!, value: entry.value }] : [];
}

/** A list of boxes sends its name once for each tick. */
function joinRepeated(entries: readonly Entry[]): Answer[] {
  const values = new Map<string, string[]>();
  for (const { name, value } of entries) {
    const key = name.endsWith('[]') ? name.slice(0, -2) : name;
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  return [...values].map(([name, list]) => ({ name, value: list.filter((value) => value !== '').join(', ') }));
}

/** A raw Gravity Forms entry names its answers by number: `"1.3"` is the first name of field 1. */
const isGravity = (answers: readonly Answer[]): boolean =>
  answers.some(({ name }) => name === 'form_id') &&
  answers.some(({ name }) => name === 'source_url') &&
  answers.some(({ name }) => /^\d+(?:\.\d+)?$/.test(name));

const GRAVITY_NAME_PARTS: Readonly<Record<string, Meaning>> = { 3: 'first', 4: 'middle', 6: 'last' };

function fromGravity(answer: Answer, all: readonly Answer[]): Answer {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(answer.name);
  if (match === null) return answer;
  const [, field, part] = match;
  // An address has parts 1 and 5 (street, postcode) and uses 3, 4 and 6 for something else.
  const isName = part !== undefined && !all.some(({ name }) => name === `${field}.1` || name === `${field}.5`);
  const named = isName ? GRAVITY_NAME_PARTS[part] : undefined;
  if (named !== undefined) return { ...answer, meaning: named };
  if (part !== undefined) return answer;
  if (looksLikeEmail(answer.value)) return { ...answer, meaning: 'email' };
  return surelyPhone(answer.value) ? { ...answer, meaning: 'phone' } : answer;
}
