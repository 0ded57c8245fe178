/** An endpoint's settings as the channel's zod schema declares them: described, validated, masked, read from words. */
import type { z } from 'zod';
import type { Channel, SettingMeta } from '../channel.ts';
import { Rejected } from '../errors.ts';
import { fieldsOf } from '../issues.ts';

/** What stands for a secret on every screen; sent back, it means "leave it as it is". */
export const MASK = '••••••••';

export type Settings = Record<string, unknown>;

/** In each language of the web app. */
interface Worded {
  readonly en: string;
  readonly ru: string;
}

export interface SettingField {
  readonly name: string;
  readonly title: Worded;
  readonly description: Worded | null;
  readonly kind: 'text' | 'longtext' | 'number' | 'boolean' | 'choice' | 'list' | 'json';
  readonly choices: string[] | null;
  readonly choiceTitles: Readonly<Record<string, Worded>> | null;
  readonly columns: string[] | null;
  readonly group: NonNullable<SettingMeta['group']> | null;
  readonly when: { readonly setting: string; readonly is: string[] } | null;
  readonly secret: boolean;
  readonly default: unknown;
}

type Any = z.core.$ZodType & { readonly _zod: { readonly def: Record<string, unknown> & { readonly type: string } } };

const WRAPPERS = new Set(['default', 'prefault', 'optional', 'nullable', 'nonoptional', 'catch', 'readonly']);
/** A text that may be longer than this gets a larger box. */
const LONG_TEXT = 500;

/** The schema inside its wrappers, with the outermost metadata and default found on the way. */
function unwrap(schema: Any): { inner: Any; meta: Partial<SettingMeta>; fallback: unknown } {
  let inner = schema;
  let meta: Partial<SettingMeta> = {};
  let fallback: unknown;
  for (;;) {
    meta = { ...((inner as unknown as z.ZodType).meta?.() as Partial<SettingMeta> | undefined), ...meta };
    const def = inner._zod.def;
    if (def.type === 'pipe') inner = def.in as Any;
    else if (WRAPPERS.has(def.type)) {
      if (def.type === 'default' || def.type === 'prefault') fallback ??= def.defaultValue;
      inner = def.innerType as Any;
    } else return { inner, meta, fallback };
  }
}

function shapeOf(channel: Channel): [string, Any][] {
  return Object.entries(channel.settings.shape) as unknown as [string, Any][];
}

export function describeSettings(channel: Channel): SettingField[] {
  return shapeOf(channel).map(([name, schema]) => {
    const { inner, meta, fallback } = unwrap(schema);
    return {
      name,
      title: worded(meta.title ?? name, meta.ru?.title),
      description: meta.description === undefined ? null : worded(meta.description, meta.ru?.description),
      choiceTitles: meta.choiceTitles ?? null,
      group: meta.group ?? null,
      when: meta.when === undefined ? null : { setting: meta.when.setting, is: [...meta.when.is] },
      secret: meta.secret === true,
      default: fallback ?? null,
      ...kindOf(inner),
      columns: columnsOf(inner),
    };
  });
}

const worded = (en: string, ru = en): Worded => ({ en, ru });

function kindOf(schema: Any): Pick<SettingField, 'kind' | 'choices'> {
  const def = schema._zod.def;
  if (def.type === 'string') return { kind: lengthOf(schema) > LONG_TEXT ? 'longtext' : 'text', choices: null };
  if (def.type === 'number' || def.type === 'int') return { kind: 'number', choices: null };
  if (def.type === 'boolean') return { kind: 'boolean', choices: null };
  const values = choicesOf(schema);
  if (values !== undefined) return { kind: 'choice', choices: values };
  if (def.type === 'union' && (def.options as Any[]).every((one) => isText(unwrap(one).inner)))
    return { kind: 'text', choices: null };
  if (def.type === 'array') {
    const { inner } = unwrap(def.element as Any);
    if (isText(inner)) return { kind: 'list', choices: choicesOf(inner) ?? null };
  }
  return { kind: 'json', choices: null };
}

/** The names of a flat object's texts, where the setting is a list of such: it can be edited as a table. */
function columnsOf(schema: Any): string[] | null {
  const { type, element } = schema._zod.def as { type: string; element?: Any };
  const row = type === 'array' && element !== undefined ? unwrap(element).inner : undefined;
  if (row?._zod.def.type !== 'object') return null;
  const cells = Object.entries((row as unknown as z.ZodObject).shape);
  return cells.every(([, cell]) => (unwrap(cell as Any).inner._zod.def.type as string) === 'string')
    ? cells.map(([name]) => name)
    : null;
}

/** A text without a limit is long, unless a pattern says what it looks like: then it is an id, a date, a version. */
function lengthOf(schema: Any): number {
  const { maxLength, _zod } = schema as unknown as z.ZodString;
  const patterned = _zod.def.checks?.some((one) => one._zod.def.check === 'string_format') === true;
  return maxLength ?? (patterned ? 0 : Number.POSITIVE_INFINITY);
}

function choicesOf(schema: Any): string[] | undefined {
  if (schema._zod.def.type === 'enum')
    return Object.values(schema._zod.def.entries as Record<string, string | number>).map(String);
  if (schema._zod.def.type === 'literal') return (schema._zod.def.values as unknown[]).map(String);
  return undefined;
}

function isText(schema: Any): boolean {
  return schema._zod.def.type === 'string' || choicesOf(schema) !== undefined;
}

/**
 * The settings to keep: `stored` with `change` laid over it. A mask keeps the stored secret, `null` goes back to the
 * default. Only what was given is stored, so that a default may get better in a later version.
 *
 * @throws Rejected 422 naming the fields, never a value
 */
export function mergeSettings(channel: Channel, stored: Settings, change: Settings): Settings {
  const fields = new Map(describeSettings(channel).map((field) => [field.name, field]));
  const unknown = Object.keys(change).filter((name) => !fields.has(name));
  if (unknown.length > 0)
    throw refused(Object.fromEntries(unknown.map((name) => [name.slice(0, 100), 'is not known'])));
  const merged: Settings = {};
  for (const [name, field] of fields) {
    const given = Object.hasOwn(change, name) ? change[name] : undefined;
    const keeps = given === undefined || (field.secret && given === MASK);
    const value = keeps ? (Object.hasOwn(stored, name) ? stored[name] : undefined) : given;
    if (value !== undefined && value !== null) merged[name] = value;
  }
  parseSettings(channel, merged);
  return merged;
}

/** With the channel's defaults. @throws Rejected 422 */
export function parseSettings(channel: Channel, settings: Settings): Settings {
  const parsed = channel.settings.safeParse(settings);
  if (!parsed.success) throw refused(fieldsOf(parsed.error.issues));
  return parsed.data as Settings;
}

function refused(fields: Record<string, string>): Rejected {
  const named = Object.fromEntries(Object.entries(fields).map(([name, text]) => [`settings.${name}`, text]));
  return new Rejected(422, 'Some settings are not acceptable.', { fields: named });
}

/** For reading: defaults filled in, secrets that are set replaced by the mask. */
export function maskSettings(channel: Channel, stored: Settings): Settings {
  const shown: Settings = {};
  for (const field of describeSettings(channel)) {
    const value = Object.hasOwn(stored, field.name) ? stored[field.name] : field.default;
    const isSet = value !== undefined && value !== null && value !== '';
    shown[field.name] = field.secret && isSet ? MASK : value;
  }
  return shown;
}

const YES = new Set(['true', 'yes', 'on', '1']);
const NO = new Set(['false', 'no', 'off', '0']);

/**
 * Settings from words such as `allowedOrigins=https://a.example,https://b.example`: the schema says what each word
 * stands for. A list may be given by commas, as JSON, or by naming it more than once.
 *
 * @throws Rejected 422
 */
export function settingsFromPairs(channel: Channel, pairs: readonly string[]): Settings {
  const fields = new Map(describeSettings(channel).map((field) => [field.name, field]));
  const settings: Settings = {};
  const wrong: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    const field = fields.get(name);
    if (field === undefined) wrong[name.slice(0, 100)] = `is not known; there are: ${[...fields.keys()].join(', ')}`;
    else if (at < 0) wrong[name] = 'needs a value: --set name=value';
    else {
      const value = valueFrom(field, pair.slice(at + 1));
      if (value === undefined) wrong[name] = `is no ${field.kind}`;
      else if (Array.isArray(value) && Array.isArray(settings[name])) settings[name] = [...settings[name], ...value];
      else settings[name] = value;
    }
  }
  if (Object.keys(wrong).length > 0) throw refused(wrong);
  return settings;
}

function valueFrom(field: SettingField, text: string): unknown {
  switch (field.kind) {
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'boolean':
      return YES.has(text.toLowerCase()) ? true : NO.has(text.toLowerCase()) ? false : undefined;
    case 'list':
      if (text.trim().startsWith('[')) return jsonFrom(text);
      return text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '');
    case 'json':
      return jsonFrom(text);
    case 'text':
    case 'longtext':
    case 'choice':
      return text;
  }
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
