import { MultiSelect, PasswordInput, Select, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { Language, SettingField } from '../../api/types.ts';
import { useLanguage } from '../../i18n/language.ts';
import { m } from '../../paraglide/messages.js';
import classes from './endpoints.module.css';
import { RowsField, readRows } from './rows-field.tsx';
import type { Draft } from './settings-draft.ts';

export interface SettingsProps {
  readonly fields: readonly SettingField[];
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly problems: Readonly<Record<string, string>>;
  readonly readOnly?: boolean;
}

/** A form made from what a channel says of its own settings. */
export function SettingsFields({ fields, draft, onChange, problems, readOnly = false }: SettingsProps) {
  return (
    <Stack gap="md">
      {fields.map((field) => (
        <OneField
          key={field.name}
          field={field}
          value={draft[field.name] ?? ''}
          error={problemOf(problems, field.name)}
          readOnly={readOnly}
          onChange={(value) => onChange({ ...draft, [field.name]: value })}
        />
      ))}
    </Stack>
  );
}

/** The API names fields as `settings.token` or, inside a list, `formFields.0.name`. */
export function problemOf(problems: Readonly<Record<string, string>>, name: string): string | undefined {
  const found = Object.entries(problems).find(([key]) => {
    const bare = key.replace(/^settings\./, '');
    return bare === name || bare.startsWith(`${name}.`);
  });
  return found?.[1];
}

interface OneProps {
  readonly field: SettingField;
  readonly value: Draft[string];
  readonly error: string | undefined;
  readonly readOnly: boolean;
  readonly onChange: (value: Draft[string]) => void;
}

function OneField({ field, value, error, readOnly, onChange }: OneProps) {
  const language = useLanguage();
  const frame = {
    label: field.title[language],
    description: field.description?.[language],
    error,
    disabled: readOnly,
  };
  if (field.kind === 'boolean')
    return <Switch {...frame} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (field.kind === 'list') return <ListField field={field} frame={frame} value={value} onChange={onChange} />;
  if (field.kind === 'choice')
    return (
      <Select
        {...frame}
        data={choicesOf(field, language)}
        value={String(value)}
        allowDeselect={false}
        onChange={(chosen) => onChange(chosen ?? '')}
      />
    );
  if (field.columns !== null) {
    const rows = readRows(value, field.columns);
    if (rows !== undefined) return <RowsField {...frame} columns={field.columns} rows={rows} onChange={onChange} />;
  }
  return <TextField field={field} frame={frame} value={String(value)} onChange={onChange} />;
}

const choicesOf = (field: SettingField, language: Language): { value: string; label: string }[] =>
  (field.choices ?? []).map((value) => ({ value, label: field.choiceTitles?.[value]?.[language] ?? value }));

interface PartProps {
  readonly field: SettingField;
  readonly frame: { label: string; description: string | undefined; error: string | undefined; disabled: boolean };
  readonly onChange: (value: Draft[string]) => void;
}

function ListField({ field, frame, value, onChange }: PartProps & { readonly value: Draft[string] }) {
  const language = useLanguage();
  const list = Array.isArray(value) ? [...value] : [];
  if (field.choices !== null)
    return <MultiSelect {...frame} data={choicesOf(field, language)} value={list} onChange={onChange} />;
  return <TagsInput {...frame} value={list} onChange={onChange} placeholder={m.list_hint()} acceptValueOnBlur />;
}

function TextField({ field, frame, value, onChange }: PartProps & { readonly value: string }) {
  if (field.secret)
    return (
      <PasswordInput
        {...frame}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': m.password_toggle() }}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (field.kind === 'longtext' || field.kind === 'json')
    return (
      <Textarea
        {...frame}
        classNames={field.kind === 'json' ? { input: classes.mono } : {}}
        autosize
        minRows={2}
        maxRows={14}
        spellCheck={field.kind === 'longtext'}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      {...frame}
      inputMode={field.kind === 'number' ? 'decimal' : undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface CountryProps {
  readonly value: string;
  readonly onChange: (country: string) => void;
  readonly options: { value: string; label: string }[];
}

export function CountrySelect({ value, onChange, options }: CountryProps) {
  const known = options.some((option) => option.value === value);
  return (
    <Select
      label={m.endpoint_country()}
      description={m.endpoint_country_means()}
      data={known ? options : [{ value, label: value }, ...options]}
      searchable
      allowDeselect={false}
      nothingFoundMessage={m.nothing_found()}
      value={value}
      onChange={(chosen) => onChange(chosen ?? value)}
    />
  );
}

export function LanguageSelect({ value, onChange }: { value: Language; onChange: (language: Language) => void }) {
  return (
    <Select
      label={m.endpoint_language()}
      description={m.endpoint_language_means()}
      data={[
        { value: 'en', label: 'English' },
        { value: 'ru', label: 'Русский' },
      ]}
      allowDeselect={false}
      value={value}
      onChange={(chosen) => onChange((chosen as Language | null) ?? value)}
    />
  );
}
