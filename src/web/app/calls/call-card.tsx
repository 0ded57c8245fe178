import { Badge, Button, CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { stagesQuery } from '../../api/queries.ts';
import type { LiveCall } from '../../api/types.ts';
import { stageTitle } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { CallClock } from '../../parts/call-clock.tsx';
import { CallIcon } from '../../parts/call-icon.tsx';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { useClaim } from '../../parts/use-claim.ts';
import { When } from '../../parts/when.tsx';
import { useMe } from '../access.ts';
import classes from './calls.module.css';
import { callerName, cardTitle } from './card-words.ts';

interface Props {
  readonly call: LiveCall;
  readonly onClose: () => void;
}

/**
 * One call. Whose phone rings sees who it is, what was said before, and the way to the lead; others that somebody
 * calls.
 */
export function CallCard({ call, onClose }: Props) {
  const name = callerName(call);
  const large = call.mine && call.state !== 'ended';
  return (
    <article
      className={classes.card}
      data-mine={call.mine || undefined}
      data-large={large || undefined}
      data-testid="call-card"
      aria-label={`${cardTitle(call)}: ${name}`}
    >
      <header className={classes.head}>
        <CallIcon call={call} />
        <span className={classes.state}>
          {cardTitle(call)}
          <CallClock call={call} />
        </span>
        <CloseButton size="sm" aria-label={m.card_close({ name })} onClick={onClose} />
      </header>
      <Caller call={call} name={name} linked={!large && call.lead.visible} />
      <Where call={call} />
      {large && <Last call={call} />}
      <Actions call={call} large={large} />
    </article>
  );
}

function Caller({ call: { caller, lead }, name, linked }: { call: LiveCall; name: string; linked: boolean }) {
  return (
    <div className={classes.caller}>
      {linked ? (
        <Link to="/leads/$id" params={{ id: lead.id }} className={classes.name} title={m.card_open()}>
          {name}
        </Link>
      ) : (
        <strong className={classes.name}>{name}</strong>
      )}
      {caller.phone !== null && <span className={`${classes.phone} num`}>{caller.phone}</span>}
      {!caller.hidden && (caller.name !== null || !caller.known) && (
        <Badge size="sm" color={caller.known ? 'amber' : 'green'}>
          {caller.known ? m.card_known() : m.card_new()}
        </Badge>
      )}
    </div>
  );
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

function Actions({ call: { lead }, large }: { call: LiveCall; large: boolean }) {
  const claim = useClaim();
  const mayTake = lead.owner === null;
  if (!lead.visible || !(large || mayTake)) return null;
  return (
    <div className={classes.actions}>
      {large && (
        <Button size="xs" renderRoot={(props) => <Link to="/leads/$id" params={{ id: lead.id }} {...props} />}>
          {m.card_open()}
        </Button>
      )}
      {mayTake && (
        <Button size="xs" variant="default" loading={claim.isPending} onClick={() => claim.mutate(lead.id)}>
          {m.card_take()}
        </Button>
      )}
    </div>
  );
}
