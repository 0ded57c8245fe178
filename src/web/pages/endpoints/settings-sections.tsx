import { Stack } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import type { SettingField } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './endpoints.module.css';
import { problemOf, SettingsFields, type SettingsProps } from './settings-fields.tsx';

const SECTIONS = {
  form: m.settings_form,
  account: m.settings_account,
  receiving: m.settings_receiving,
  sending: m.settings_sending,
  senders: m.settings_senders,
  calls: m.settings_calls,
  recordings: m.settings_recordings,
  consent: m.settings_consent,
  files: m.settings_files,
  protection: m.settings_protection,
  advanced: m.settings_advanced,
} satisfies Record<NonNullable<SettingField['group']>, () => string>;

const GROUPS = Object.keys(SECTIONS) as (keyof typeof SECTIONS)[];

/** What matters while the other settings are as they are, and what is wrong. */
export const relevant = ({
  fields,
  draft,
  problems,
}: Pick<SettingsProps, 'fields' | 'draft' | 'problems'>): SettingField[] =>
  fields.filter(
    ({ name, when }) =>
      when === null || when.is.includes(String(draft[when.setting])) || problemOf(problems, name) !== undefined,
  );

/** The settings that matter as things stand: those of no section first, the others folded away by section. */
export function SettingsSections(props: SettingsProps) {
  const fields = relevant(props);
  const within = (group: SettingField['group']) => fields.filter((field) => field.group === group);
  const loose = within(null);
  return (
    <Stack gap="md">
      {loose.length > 0 && <SettingsFields {...props} fields={loose} />}
      {GROUPS.map((group) => {
        const found = within(group);
        return found.length > 0 && <Section key={group} {...props} group={group} fields={found} />;
      })}
    </Stack>
  );
}

function Section({ group, ...props }: SettingsProps & { readonly group: keyof typeof SECTIONS }) {
  const [open, setOpen] = useState(group === 'form' || group === 'account');
  const wrong = props.fields.some((field) => problemOf(props.problems, field.name) !== undefined);
  return (
    <details
      className={classes.section}
      open={open || wrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid={`settings-${group}`}
    >
      <summary>
        {SECTIONS[group]()}
        <IconChevronDown size={18} aria-hidden="true" />
      </summary>
      <SettingsFields {...props} />
    </details>
  );
}
