import { ActionIcon, Avatar, Badge, Button, Menu, Select, Switch } from '@mantine/core';
import { IconDots, IconLink, IconUserCheck, IconUserOff, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { usersQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Invited, Role, User, UserChange } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { roleMeaning, roleName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { Dialog } from '../../parts/dialog.tsx';
import { Failed } from '../../parts/failed.tsx';
import { initials } from '../../parts/initials.ts';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { Secret } from '../../parts/secret.tsx';
import { useAction } from '../../parts/use-action.ts';
import { InviteForm } from './invite-form.tsx';
import { ROLES } from './roles.ts';
import classes from './users.module.css';

/** Who logs in. Heads see the list; administrators change it. */
export function UsersPage() {
  const me = useMe();
  const found = useQuery(usersQuery);
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<Invited>();
  const mayChange = me.role === 'admin';
  return (
    <Page
      title={m.users_title()}
      actions={
        mayChange && (
          <Button leftSection={<IconUserPlus size={18} aria-hidden="true" />} onClick={() => setInviting(true)}>
            {m.invite()}
          </Button>
        )
      }
    >
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data !== undefined && (
        <ul className={`card ${classes.rows}`} data-testid="user-list">
          {found.data.map((user) => (
            <UserRow key={user.id} user={user} mayChange={mayChange} onLink={setLink} />
          ))}
        </ul>
      )}
      <Dialog opened={inviting} onClose={() => setInviting(false)} title={m.invite()}>
        <InviteForm
          onInvited={(invited) => {
            setInviting(false);
            setLink(invited);
          }}
        />
      </Dialog>
      <Dialog opened={link !== undefined} onClose={() => setLink(undefined)} title={m.setup_link()}>
        {link !== undefined && (
          <Secret value={link.setupUrl} label={m.copy_link()} testId="setup-link">
            {m.setup_link_means({ name: link.name })}
          </Secret>
        )}
      </Dialog>
    </Page>
  );
}

interface RowProps {
  readonly user: User;
  readonly mayChange: boolean;
  readonly onLink: (invited: Invited) => void;
}

function UserRow({ user, mayChange, onLink }: RowProps) {
  const me = useMe();
  const change = useAction((part: UserChange) => send<User>('PATCH', `/users/${user.id}`, part), {
    refresh: [['users'], ['people'], ['me']],
  });
  const own = user.id === me.id;
  return (
    <li className={classes.row} data-off={user.disabled || undefined} data-testid="user-row">
      <Avatar size={38} radius="xl" color={user.disabled ? 'gray' : 'tide'} aria-hidden="true">
        {initials(user.name)}
      </Avatar>
      <div className={classes.what}>
        <div className={classes.name}>
          {user.name}
          {own && <Badge color="gray">{m.you()}</Badge>}
          {user.disabled && <Badge color="gray">{m.user_disabled()}</Badge>}
          {!user.ready && !user.disabled && <Badge color="amber">{m.user_invited()}</Badge>}
          {user.onShift && !user.disabled && <Badge color="green">{m.shift_on()}</Badge>}
        </div>
        <div className={classes.soft}>{user.email}</div>
        {user.role !== 'auditor' && !user.disabled && (
          <Switch
            size="xs"
            mt={4}
            label={m.may_listen()}
            aria-label={m.may_listen_of({ name: user.name })}
            checked={
              change.isPending && change.variables.mayListen !== undefined
                ? change.variables.mayListen
                : user.mayListen
            }
            disabled={!mayChange}
            onChange={(event) => change.mutate({ mayListen: event.currentTarget.checked })}
          />
        )}
      </div>
      {mayChange && !own ? (
        <Select
          aria-label={m.role_of({ name: user.name })}
          className={classes.role}
          data={ROLES.map((role) => ({ value: role, label: roleName(role) }))}
          value={user.role}
          allowDeselect={false}
          disabled={user.disabled}
          onChange={(role) => role !== null && role !== user.role && change.mutate({ role: role as Role })}
        />
      ) : (
        <span className={classes.roleWord} title={roleMeaning(user.role)}>
          {roleName(user.role)}
        </span>
      )}
      {mayChange && <UserMenu user={user} own={own} onChange={(part) => change.mutate(part)} onLink={onLink} />}
    </li>
  );
}

interface MenuProps {
  readonly user: User;
  readonly own: boolean;
  readonly onChange: (part: UserChange) => void;
  readonly onLink: (invited: Invited) => void;
}

function UserMenu({ user, own, onChange, onLink }: MenuProps) {
  const makeLink = useAction(() => send<Invited>('POST', `/users/${user.id}/invite`), { onDone: onLink });
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={34} aria-label={m.actions_of({ name: user.name })}>
          <IconDots size={18} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconLink size={17} aria-hidden="true" />} onClick={() => makeLink.mutate()}>
          {m.setup_link_make()}
        </Menu.Item>
        {user.role !== 'auditor' && !user.disabled && (
          <Menu.Item
            leftSection={<IconUserCheck size={17} aria-hidden="true" />}
            onClick={() => onChange({ onShift: !user.onShift })}
          >
            {user.onShift ? m.shift_end() : m.shift_start()}
          </Menu.Item>
        )}
        {!own && (
          <Menu.Item
            leftSection={<IconUserOff size={17} aria-hidden="true" />}
            onClick={() => onChange({ disabled: !user.disabled })}
          >
            {user.disabled ? m.user_enable() : m.user_disable()}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
