import type { SettingField } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';

/** What stands in the inputs: text for most, so that a half-typed number is not lost. */
export type Draft = Readonly<Record<string, string | boolean | readonly string[]>>;
export type Settings = Readonly<Record<string, unknown>>;

export const emptyDraft = (fields: readonly SettingField[]): Draft => draftOf(fields, {});

export function draftOf(fields: readonly SettingField[], settings: Settings): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, shown(field, settings[field.name] ?? field.default)]));
}

function shown(field: SettingField, value: unknown): string | boolean | readonly string[] {
  if (field.kind === 'boolean') return value === true;
  if (field.kind === 'list') return Array.isArray(value) ? value.map(String) : [];
  if (field.kind === 'json') return value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
  return value === null || value === undefined ? '' : String(value);
}

interface Read {
  /** Only what differs from before: what is not sent stays as it is, and null goes back to the default. */
  readonly changed: Record<string, unknown>;
  readonly wrong: Record<string, string>;
}

export function readDraft(fields: readonly SettingField[], draft: Draft, before: Settings = {}): Read {
  const was = draftOf(fields, before);
  const changed: Record<string, unknown> = {};
  const wrong: Record<string, string> = {};
  for (const field of fields) {
    const entered = draft[field.name];
    if (JSON.stringify(entered) === JSON.stringify(was[field.name])) continue;
    try {
      changed[field.name] = meant(field, entered);
    } catch {
      wrong[field.name] = field.kind === 'json' ? m.not_json() : m.not_number();
    }
  }
  return { changed, wrong };
}

function meant(field: SettingField, entered: Draft[string] | undefined): unknown {
  if (typeof entered !== 'string') return entered;
  if (field.kind === 'json') return entered.trim() === '' ? null : JSON.parse(entered);
  if (field.kind !== 'number') return entered;
  if (entered.trim() === '') return null;
  const value = Number(entered.replace(',', '.'));
  if (!Number.isFinite(value)) throw new Error('not a number');
  return value;
}
