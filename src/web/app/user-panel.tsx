import {
  Avatar,
  Button,
  Popover,
  type PopoverProps,
  Stack,
  Switch,
  Text,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core';
import { IconLock, IconLogout } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { meQuery } from '../api/queries.ts';
import { send } from '../api/send.ts';
import type { Language, Me } from '../api/types.ts';
import { speak, useLanguage } from '../i18n/language.ts';
import { roleName } from '../i18n/words.ts';
import { m } from '../paraglide/messages.js';
import { Dialog } from '../parts/dialog.tsx';
import { initials } from '../parts/initials.ts';
import { useAction } from '../parts/use-action.ts';
import { useMe } from './access.ts';
import { chime } from './chime.ts';
import { PasswordForm } from './password-form.tsx';
import { usePreference } from './preferences.ts';
import { queryClient } from './query-client.ts';
import classes from './shell.module.css';
import { LanguageSwitch, SchemeSwitch } from './switches.tsx';

interface Props {
  readonly position: PopoverProps['position'] & string;
  readonly wide?: boolean;
}

/** Who is signed in, and the settings that belong to that person and this browser. */
export function UserPanel({ position, wide = false }: Props) {
  const me = useMe();
  const [opened, setOpened] = useState(false);
  const [changing, setChanging] = useState(false);
  return (
    <>
      <Popover opened={opened} onChange={setOpened} position={position} shadow="lg" width={300} radius="lg" trapFocus>
        <Popover.Target>
          <UnstyledButton
            className={wide ? classes.userButton : classes.userRound}
            onClick={() => setOpened(!opened)}
            data-testid="user-menu"
          >
            <Avatar size={30} radius="xl" color="tide" variant="filled" aria-hidden="true">
              {initials(me.name)}
            </Avatar>
            {!wide && <VisuallyHidden>{m.user_menu({ name: me.name })}</VisuallyHidden>}
            {wide && (
              <span className={classes.sideText}>
                <span className={classes.userName}>{me.name}</span>
                <span className={classes.userRole}>{roleName(me.role)}</span>
              </span>
            )}
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown p="md" aria-label={m.user_menu({ name: me.name })}>
          <Panel
            me={me}
            onPassword={() => {
              setOpened(false);
              setChanging(true);
            }}
          />
        </Popover.Dropdown>
      </Popover>
      <Dialog opened={changing} onClose={() => setChanging(false)} title={m.password_change()}>
        <PasswordForm onDone={() => setChanging(false)} />
      </Dialog>
    </>
  );
}

function Panel({ me, onPassword }: { me: Me; onPassword: () => void }) {
  const language = useLanguage();
  const navigate = useNavigate();
  const change = useAction((wanted: Language) => send<Me>('PATCH', '/me', { language: wanted }), {
    onDone: (fresh) => void queryClient.setQueryData(meQuery.queryKey, fresh),
  });
  const leave = useAction(() => send<void>('DELETE', '/session'), {
    onDone: async () => {
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, null);
      await navigate({ to: '/login' });
    },
  });
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{me.name}</Text>
        <Text size="sm" c="dimmed">
          {me.email} · {roleName(me.role)}
        </Text>
      </div>
      <LanguageSwitch
        value={language}
        onChange={(wanted) => {
          speak(wanted);
          change.mutate(wanted);
        }}
      />
      <SchemeSwitch />
      {me.role !== 'auditor' && <NoticeSwitches />}
      <Button variant="default" leftSection={<IconLock size={17} aria-hidden="true" />} onClick={onPassword}>
        {m.password_change()}
      </Button>
      <Button
        variant="default"
        leftSection={<IconLogout size={17} aria-hidden="true" />}
        loading={leave.isPending}
        onClick={() => leave.mutate()}
      >
        {m.sign_out()}
      </Button>
    </Stack>
  );
}

function NoticeSwitches() {
  const [sound, setSound] = usePreference('sound');
  const [desktop, setDesktop] = usePreference('desktop');
  const [refused, setRefused] = useState(false);
  const askDesktop = async (on: boolean): Promise<void> => {
    const answer = on && 'Notification' in window ? await Notification.requestPermission() : 'denied';
    setRefused(on && answer !== 'granted');
    setDesktop(on && answer === 'granted' ? 'on' : 'off');
  };
  return (
    <Stack gap={8}>
      <Switch
        size="sm"
        label={m.sound_on_arrival()}
        checked={sound === 'on'}
        onChange={(event) => {
          setSound(event.currentTarget.checked ? 'on' : 'off');
          if (event.currentTarget.checked) chime(true);
        }}
      />
      <Switch
        size="sm"
        label={m.desktop_notices()}
        description={refused ? m.desktop_refused() : undefined}
        checked={desktop === 'on'}
        onChange={(event) => void askDesktop(event.currentTarget.checked)}
      />
    </Stack>
  );
}
