import { Select } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconClock, IconPlayerPause, type TablerIcon } from '@tabler/icons-react';
import type { Way } from '../../api/types.ts';
import { shortTime } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { useFromNow } from '../../parts/use-now.ts';
import classes from './composer.module.css';
import { wayKey } from './ways.ts';

interface Props {
  readonly ways: readonly Way[];
  readonly way: Way;
  readonly over: boolean;
  readonly onChange: (way: Way) => void;
}

/** Which way the answer goes, and what has to be known about it before writing. */
export function WayLine({ ways, way, over, onChange }: Props) {
  return (
    <>
      <Select
        className={classes.way}
        size="xs"
        aria-label={m.reply_way()}
        allowDeselect={false}
        leftSection={<ChannelIcon channel={way.endpoint.channel} size={16} plain />}
        data={ways.map((one) => ({ value: wayKey(one), label: wayName(one) }))}
        renderOption={({ option }) => <Choice way={ways.find((one) => wayKey(one) === option.value)} />}
        value={wayKey(way)}
        onChange={(key) => onChange(ways.find((one) => wayKey(one) === key) ?? way)}
        comboboxProps={{ width: 320, position: 'top-start' }}
      />
      <Warnings way={way} over={over} />
    </>
  );
}

const wayName = (way: Way): string =>
  way.identity === null ? way.endpoint.name : `${way.endpoint.name}: ${way.identity.value}`;

function Choice({ way }: { way: Way | undefined }) {
  if (way === undefined) return null;
  const remark = way.blocked ? m.reply_blocked() : way.kind === 'first' ? m.reply_way_first() : undefined;
  return (
    <span className={classes.choice}>
      <ChannelIcon channel={way.endpoint.channel} size={17} plain />
      <span>
        {wayName(way)}
        {remark !== undefined && <span className={classes.choiceRemark}>{remark}</span>}
        {!way.confirmed && !way.blocked && <span className={classes.choiceRemark}>{m.talk_unconfirmed()}</span>}
      </span>
    </span>
  );
}

function Warnings({ way, over }: { way: Way; over: boolean }) {
  const until = useFromNow((now) => (way.windowEndsAt === null ? '' : shortTime(way.windowEndsAt, now)));
  if (way.blocked) return <Line icon={IconBan} words={m.reply_blocked()} />;
  return (
    <>
      {over && <Line icon={IconClock} words={m.reply_window_over()} />}
      {!over && until !== '' && <span className={classes.soft}>{m.reply_free_until({ time: until })}</span>}
      {way.paused && <Line icon={IconPlayerPause} words={m.reply_paused()} />}
      {!way.confirmed && <Line icon={IconAlertTriangle} words={m.reply_unconfirmed()} />}
    </>
  );
}

function Line({ icon: Icon, words }: { icon: TablerIcon; words: string }) {
  return (
    <p className={classes.warning}>
      <Icon size={16} aria-hidden="true" />
      {words}
    </p>
  );
}
