import { ActionIcon, Badge, Button, Popover, VisuallyHidden } from '@mantine/core';
import { IconBell, IconBellRinging, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { alarmsQuery } from '../api/queries.ts';
import { send } from '../api/send.ts';
import type { Alarm } from '../api/types.ts';
import { sendReason } from '../i18n/send-reason.ts';
import { inMinutes } from '../i18n/when.ts';
import { m } from '../paraglide/messages.js';
import { ChannelIcon } from '../parts/channel-icon.tsx';
import { useAction } from '../parts/use-action.ts';
import { useNow } from '../parts/use-now.ts';
import { When } from '../parts/when.tsx';
import classes from './alarm-bell.module.css';

/** Endpoints are looked at once a minute by the server; a lost event costs no more than this. */
const LOOK_MS = 60_000;

/** What a head should know now: a channel that fell silent, was logged out, or does not get its messages through. */
export function AlarmBell({ position }: { position: 'right-end' | 'bottom-end' }) {
  const [opened, setOpened] = useState(false);
  const { data: alarms = [] } = useQuery({ ...alarmsQuery, refetchInterval: LOOK_MS });
  const unseen = alarms.filter((alarm) => alarm.seenAt === null).length;
  const Icon = unseen > 0 ? IconBellRinging : IconBell;
  return (
    <Popover opened={opened} onChange={setOpened} position={position} shadow="lg" width={340} radius="lg" trapFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          className={classes.bell}
          onClick={() => setOpened(!opened)}
          data-testid="alarm-bell"
        >
          <Icon size={20} stroke={1.7} aria-hidden="true" />
          <VisuallyHidden>{m.alarm_bell()}</VisuallyHidden>
          {unseen > 0 && (
            <Badge size="xs" color="red" variant="filled" className={`${classes.count} num`} data-testid="alarm-count">
              {unseen}
            </Badge>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={m.alarm_bell()} p={0}>
        <div className={classes.list} data-testid="alarms">
          {alarms.length === 0 && (
            <p className={classes.none}>
              <IconCircleCheck size={20} aria-hidden="true" />
              {m.alarm_none()}
            </p>
          )}
          {alarms.map((alarm) => (
            <One key={alarm.id} alarm={alarm} onLeave={() => setOpened(false)} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function One({ alarm, onLeave }: { alarm: Alarm; onLeave: () => void }) {
  const seen = useAction(() => send<void>('POST', `/alarms/${alarm.id}/seen`), { refresh: [['alarms']] });
  return (
    <section className={classes.alarm} data-seen={alarm.seenAt !== null || undefined} data-testid="alarm">
      <ChannelIcon channel={alarm.endpoint.channel} size={18} plain />
      <div>
        <strong>{title(alarm)}</strong>
        <div>
          <Link to="/endpoints/$id" params={{ id: alarm.endpoint.id }} onClick={onLeave}>
            {alarm.endpoint.name}
          </Link>
          <span className={classes.soft}>
            {' · '}
            <When at={alarm.raisedAt} relative />
          </span>
        </div>
        <Meaning alarm={alarm} />
        {alarm.seenAt === null ? (
          <Button size="compact-sm" variant="default" loading={seen.isPending} onClick={() => seen.mutate()}>
            {m.alarm_known()}
          </Button>
        ) : (
          <span className={classes.soft}>{m.alarm_seen()}</span>
        )}
      </div>
    </section>
  );
}

const title = ({ kind }: Alarm): string =>
  ({
    silent: m.alarm_silent,
    'logged-out': m.alarm_logged_out,
    'sending-fails': m.alarm_sending_fails,
  })[kind]();

function Meaning({ alarm: { kind, detail, raisedAt } }: { alarm: Alarm }) {
  const now = useNow();
  if (kind === 'silent') return <p>{m.alarm_silent_means({ time: silence(detail, raisedAt, now) })}</p>;
  return (
    <p>
      {kind === 'logged-out' ? m.alarm_logged_out_means() : m.alarm_sending_fails_means()}
      {detail !== null && ` ${sendReason(detail)}`}
    </p>
  );
}

/** `7 h` when it was raised, and longer since. */
function silence(detail: string | null, raisedAt: string, nowMs: number): string {
  const hours = Number.parseInt(detail ?? '0', 10) || 0;
  return inMinutes(hours * 3600 + (nowMs - Date.parse(raisedAt)) / 1000);
}
