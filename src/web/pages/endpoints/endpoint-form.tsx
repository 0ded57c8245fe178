import { Button, Group, NumberInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import type { Endpoint, EndpointChange, SettingField } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { fieldProblems } from '../../parts/problem-words.ts';
import { useAction } from '../../parts/use-action.ts';
import { countryOptions } from './countries.ts';
import classes from './endpoints.module.css';
import { draftOf, readDraft } from './settings-draft.ts';
import { CountrySelect, LanguageSelect } from './settings-fields.tsx';
import { SettingsSections } from './settings-sections.tsx';

interface Props {
  readonly endpoint: Endpoint;
  readonly fields: readonly SettingField[];
}

export function EndpointForm({ endpoint, fields }: Props) {
  const [name, setName] = useState(endpoint.name);
  const [country, setCountry] = useState(endpoint.defaultCountry);
  const [language, setLanguage] = useState(endpoint.language);
  const [perAddress, setPerAddress] = useState<number | null>(endpoint.ratePerAddress);
  const [perEndpoint, setPerEndpoint] = useState<number | null>(endpoint.ratePerEndpoint);
  const [draft, setDraft] = useState(() => draftOf(fields, endpoint.settings));
  const read = readDraft(fields, draft, endpoint.settings);
  const save = useAction((change: EndpointChange) => send<Endpoint>('PATCH', `/endpoints/${endpoint.id}`, change), {
    refresh: [['endpoints']],
    done: m.saved(),
  });
  const change: EndpointChange = {
    name: name.trim(),
    settings: read.changed,
    defaultCountry: country,
    language,
    ratePerAddress: perAddress,
    ratePerEndpoint: perEndpoint,
  };
  return (
    <form
      className={`card ${classes.box}`}
      aria-label={m.settings()}
      onSubmit={(event) => {
        event.preventDefault();
        if (Object.keys(read.wrong).length === 0) save.mutate(change);
      }}
    >
      <h2>{m.settings()}</h2>
      <Stack>
        <TextInput
          label={m.endpoint_name()}
          required
          withAsterisk={false}
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className={classes.pair}>
          <CountrySelect value={country} onChange={setCountry} options={countryOptions()} />
          <LanguageSelect value={language} onChange={setLanguage} />
          <RateInput label={m.rate_per_address()} value={perAddress} onChange={setPerAddress} />
          <RateInput label={m.rate_per_endpoint()} value={perEndpoint} onChange={setPerEndpoint} />
        </div>
        <SettingsSections
          fields={fields}
          draft={draft}
          onChange={setDraft}
          problems={{ ...read.wrong, ...fieldProblems(save.error) }}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={name.trim() === ''} loading={save.isPending}>
            {m.save()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface RateProps {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (rate: number | null) => void;
}

function RateInput({ label, value, onChange }: RateProps) {
  return (
    <NumberInput
      label={label}
      description={m.rate_means()}
      placeholder={m.rate_usual()}
      min={0}
      hideControls
      allowDecimal={false}
      value={value ?? ''}
      onChange={(entered) => onChange(entered === '' ? null : Number(entered))}
    />
  );
}
