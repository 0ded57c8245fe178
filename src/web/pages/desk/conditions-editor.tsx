import { MultiSelect, Select, TagsInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { channelsQuery, endpointsQuery } from '../../api/queries.ts';
import type { Conditions } from '../../api/types.ts';
import { useLanguage } from '../../i18n/language.ts';
import { m } from '../../paraglide/messages.js';
import classes from './desk.module.css';

const UTM = ['source', 'medium', 'campaign', 'term', 'content'] as const;
const ANY = 'any';

interface Props {
  readonly value: Conditions;
  readonly onChange: (conditions: Conditions) => void;
}

/** All that is filled in must hold; in a list one value is enough. */
export function ConditionsEditor({ value, onChange }: Props) {
  const language = useLanguage();
  const { data: channels = [] } = useQuery(channelsQuery);
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const set = (part: Partial<Conditions>): void => onChange({ ...value, ...part });
  return (
    <fieldset className={classes.fieldset}>
      <legend>{m.conditions()}</legend>
      <p className={classes.soft}>{m.conditions_means()}</p>
      <div className={classes.pair}>
        <MultiSelect
          label={m.condition_channel()}
          data={channels.map((channel) => ({ value: channel.id, label: channel.title[language] }))}
          value={value.channels ?? []}
          onChange={(list) => set({ channels: list })}
        />
        <MultiSelect
          label={m.condition_endpoint()}
          data={endpoints.map((endpoint) => ({ value: endpoint.id, label: endpoint.name }))}
          searchable
          nothingFoundMessage={m.nothing_found()}
          value={value.endpoints ?? []}
          onChange={(list) => set({ endpoints: list })}
        />
        <Words label={m.condition_page()} value={value.pages} onChange={(list) => set({ pages: list })} />
        <Words
          label={m.condition_language_codes()}
          value={value.languages}
          onChange={(list) => set({ languages: list })}
        />
        {UTM.map((name) => (
          <Words
            key={name}
            label={`utm_${name}`}
            value={value.utm?.[name]}
            onChange={(list) => set({ utm: { ...value.utm, [name]: list } })}
          />
        ))}
        <Either
          label={m.condition_contact()}
          value={value.contact}
          choices={[
            ['new', m.condition_new()],
            ['repeat', m.condition_repeat()],
          ]}
          onChange={(contact) => onChange(replaced(value, 'contact', contact))}
        />
        <Either
          label={m.condition_hours()}
          value={value.hours}
          choices={[
            ['open', m.condition_open()],
            ['closed', m.condition_closed()],
          ]}
          onChange={(hours) => onChange(replaced(value, 'hours', hours))}
        />
      </div>
    </fieldset>
  );
}

function replaced<Key extends 'contact' | 'hours'>(
  conditions: Conditions,
  key: Key,
  chosen: Conditions[Key],
): Conditions {
  const { [key]: _, ...rest } = conditions;
  return chosen === undefined ? (rest as Conditions) : { ...(rest as Conditions), [key]: chosen };
}

interface WordsProps {
  readonly label: string;
  readonly value: string[] | undefined;
  readonly onChange: (list: string[]) => void;
}

function Words({ label, value, onChange }: WordsProps) {
  return (
    <TagsInput
      label={label}
      placeholder={value === undefined || value.length === 0 ? m.any_value() : undefined}
      value={value ?? []}
      onChange={onChange}
      acceptValueOnBlur
    />
  );
}

interface EitherProps<Choice extends string> {
  readonly label: string;
  readonly value: Choice | undefined;
  readonly choices: readonly (readonly [Choice, string])[];
  readonly onChange: (chosen: Choice | undefined) => void;
}

function Either<Choice extends string>({ label, value, choices, onChange }: EitherProps<Choice>) {
  return (
    <Select
      label={label}
      data={[{ value: ANY, label: m.any_value() }, ...choices.map(([one, words]) => ({ value: one, label: words }))]}
      value={value ?? ANY}
      allowDeselect={false}
      onChange={(chosen) => onChange(chosen === null || chosen === ANY ? undefined : (chosen as Choice))}
    />
  );
}
