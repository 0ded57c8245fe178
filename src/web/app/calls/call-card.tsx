import { Badge, Button, CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { stagesQuery } from '../../api/queries.ts';
import type { LiveCall } from '../../api/types.ts';
import { clock } from '../../i18n/when.ts';
import { stageTitle } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { CallIcon } from '../../parts/call-icon.tsx';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { useClaim } from '../../parts/use-claim.ts';
import { useNow } from '../../parts/use-now.ts';
import { When } from '../../parts/when.tsx';
import { useMe } from '../access.ts';
import classes from './calls.module.css';
import { callerName, cardTitle } from './card-words.ts';

interface Props {
  readonly call: LiveCall;
  readonly onClose: () => void;
}

/** One call: who it is, whose client, what was said before, and the way to the lead. */
export function CallCard({ call, onClose }: Props) {
  const name = callerName(call);
  const { caller } = call;
  return (
    <article
      className={classes.card}
      data-mine={call.mine || undefined}
      data-state={call.state}
      data-testid="call-card"
      aria-label={`${cardTitle(call)}: ${name}`}
    >
      <header className={classes.head}>
        <CallIcon call={call} />
        <span className={classes.state}>
          {cardTitle(call)}
          <Clock call={call} />
        </span>
        <CloseButton size="sm" aria-label={m.card_close({ name })} onClick={onClose} />
      </header>
      <div className={classes.caller}>
        <strong>{name}</strong>
        {caller.phone !== null && <span className={`${classes.phone} num`}>{caller.phone}</span>}
        <Badge size="sm" color={caller.known ? 'amber' : 'green'}>
          {caller.known ? m.card_known() : m.card_new()}
        </Badge>
      </div>
      <Where call={call} />
      {call.mine && call.state !== 'ended' && <Last call={call} />}
      <Actions call={call} />
    </article>
  );
}

function Clock({ call }: { call: LiveCall }) {
  const now = useNow();
  if (call.state === 'ended') return null;
  const since = Date.parse(call.state === 'talking' ? (call.answeredAt ?? call.startedAt) : call.startedAt);
  return <span className={`${classes.clock} num`}>{clock((now - since) / 1000)}</span>;
}

function Where({ call }: { call: LiveCall }) {
  const me = useMe();
  const { data: stages } = useQuery(stagesQuery);
  const { lead } = call;
  const held = lead.owner?.id === me.id ? m.card_held_by_you() : m.card_held_by({ name: lead.owner?.name ?? '' });
  const line = call.lineTitle ?? call.line;
  const parts = [
    ...(line === null ? [] : [call.direction === 'outbound' ? m.call_line_out({ line }) : m.call_line({ line })]),
    stageTitle(stages, lead.stage),
    lead.queue.name,
    lead.owner === null ? m.card_nobody() : held,
  ];
  return (
    <p className={classes.where}>
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}

function Last({ call }: { call: LiveCall }) {
  const told = call.lastMessages.filter(({ text }) => text !== '');
  if (told.length === 0) return null;
  return (
    <ul className={classes.last} aria-label={m.card_last()}>
      {told.map((one) => (
        <li key={`${one.at} ${one.text}`}>
          <ChannelIcon channel={one.channel ?? ''} size={14} plain />
          <span className={classes.said}>
            {one.direction === 'outbound' && <b>{m.card_we()}: </b>}
            {one.text}
          </span>
          <When at={one.at} relative />
        </li>
      ))}
    </ul>
  );
}

function Actions({ call: { lead, mine } }: { call: LiveCall }) {
  const claim = useClaim();
  if (!lead.visible) return null;
  return (
    <div className={classes.actions}>
      <Button
        renderRoot={(props) => <Link to="/leads/$id" params={{ id: lead.id }} {...props} />}
        size="xs"
        variant={mine ? 'filled' : 'default'}
      >
        {m.card_open()}
      </Button>
      {lead.owner === null && (
        <Button size="xs" variant="default" loading={claim.isPending} onClick={() => claim.mutate(lead.id)}>
          {m.card_take()}
        </Button>
      )}
    </div>
  );
}
