import { Alert, Button, Group, Radio, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ApiError, send } from '../../api/send.ts';
import type { Invited, Language, NewUser, Role } from '../../api/types.ts';
import { useLanguage } from '../../i18n/language.ts';
import { roleMeaning, roleName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { fieldProblems } from '../../parts/problem-words.ts';
import { useAction } from '../../parts/use-action.ts';
import { ROLES } from './roles.ts';
import classes from './users.module.css';

export function InviteForm({ onInvited }: { onInvited: (invited: Invited) => void }) {
  const own = useLanguage();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('manager');
  const [language, setLanguage] = useState<Language>(own);
  const invite = useAction((body: NewUser) => send<Invited>('POST', '/users', body), {
    refresh: [['users'], ['people']],
    onDone: onInvited,
    onProblem: (error) => isTaken(error) || Object.keys(fieldProblems(error)).length > 0,
  });
  const problems = fieldProblems(invite.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate({ email: email.trim(), name: name.trim(), role, language });
      }}
    >
      <Stack>
        {isTaken(invite.error) && (
          <Alert color="red" role="alert">
            {m.email_taken()}
          </Alert>
        )}
        <TextInput
          label={m.full_name()}
          required
          withAsterisk={false}
          maxLength={200}
          data-autofocus
          error={problems.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={m.email()}
          type="email"
          required
          withAsterisk={false}
          maxLength={254}
          error={problems.email}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Radio.Group label={m.role()} value={role} onChange={(value) => setRole(value as Role)}>
          <Stack gap="xs" mt={6}>
            {ROLES.map((one) => (
              <Radio key={one} value={one} label={roleName(one)} description={roleMeaning(one)} />
            ))}
          </Stack>
        </Radio.Group>
        <fieldset className={classes.fieldset}>
          <legend>{m.language()}</legend>
          <SegmentedControl
            aria-label={m.language()}
            value={language}
            onChange={setLanguage}
            data={[
              { value: 'en', label: 'English' },
              { value: 'ru', label: 'Русский' },
            ]}
          />
        </fieldset>
        <Group justify="flex-end">
          <Button type="submit" loading={invite.isPending}>
            {m.invite_button()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const isTaken = (error: unknown): boolean => error instanceof ApiError && error.status === 409;
