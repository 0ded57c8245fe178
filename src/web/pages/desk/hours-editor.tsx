import { ActionIcon, Button, Select, Switch } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { Hours, Weekday } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './desk.module.css';
import { WEEKDAYS, weekdayName } from './hours-words.ts';

type Interval = [string, string];

const MOST_INTERVALS = 6;
const USUAL: Interval = ['09:00', '18:00'];

const usualWeek = (): Hours => ({
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  week: Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, [USUAL]])),
});

interface Props {
  readonly hours: Hours | null;
  readonly onChange: (hours: Hours | null) => void;
}

/** Outside these hours nobody is offered anything and no clock runs. */
export function HoursEditor({ hours, onChange }: Props) {
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), []);
  const setDay = (day: Weekday, intervals: Interval[]): void => {
    if (hours === null) return;
    const { [day]: _, ...rest } = hours.week;
    onChange({ ...hours, week: intervals.length === 0 ? rest : { ...rest, [day]: intervals } });
  };
  return (
    <fieldset className={classes.fieldset}>
      <legend>{m.queue_hours()}</legend>
      <Switch
        label={m.hours_always()}
        checked={hours === null}
        onChange={(event) => onChange(event.currentTarget.checked ? null : usualWeek())}
      />
      {hours !== null && (
        <>
          <Select
            label={m.timezone()}
            data={zones.includes(hours.timezone) ? zones : [hours.timezone, ...zones]}
            searchable
            limit={60}
            allowDeselect={false}
            nothingFoundMessage={m.nothing_found()}
            value={hours.timezone}
            onChange={(timezone) => timezone !== null && onChange({ ...hours, timezone })}
            maw={320}
            mt="sm"
          />
          <div className={classes.week}>
            {WEEKDAYS.map((day) => (
              <Day key={day} day={day} intervals={hours.week[day] ?? []} onChange={(next) => setDay(day, next)} />
            ))}
          </div>
        </>
      )}
    </fieldset>
  );
}

interface DayProps {
  readonly day: Weekday;
  readonly intervals: readonly Interval[];
  readonly onChange: (intervals: Interval[]) => void;
}

function Day({ day, intervals, onChange }: DayProps) {
  const name = weekdayName(day, 'long');
  return (
    <fieldset className={classes.day}>
      <legend className={classes.dayName}>{name}</legend>
      <div className={classes.intervals}>
        {intervals.map((interval, index) => (
          <Times
            // biome-ignore lint/suspicious/noArrayIndexKey: intervals have no names, their place is what they are
            key={index}
            day={name}
            interval={interval}
            onChange={(next) => onChange(intervals.map((one, at) => (at === index ? next : one)))}
            onRemove={() => onChange(intervals.filter((_, at) => at !== index))}
          />
        ))}
        {intervals.length === 0 && <span className={classes.soft}>{m.day_off()}</span>}
      </div>
      {intervals.length < MOST_INTERVALS && (
        <Button
          size="compact-xs"
          variant="subtle"
          aria-label={m.hours_add({ day: name })}
          leftSection={<IconPlus size={14} aria-hidden="true" />}
          onClick={() => onChange([...intervals, intervals.length === 0 ? USUAL : ['19:00', '21:00']])}
        >
          {m.add()}
        </Button>
      )}
    </fieldset>
  );
}

interface TimesProps {
  readonly day: string;
  readonly interval: Interval;
  readonly onChange: (interval: Interval) => void;
  readonly onRemove: () => void;
}

/** A time field knows no 24:00: midnight at the end of a day is entered as 00:00. */
function Times({ day, interval: [from, to], onChange, onRemove }: TimesProps) {
  return (
    <span className={classes.times}>
      <input
        type="time"
        aria-label={m.hours_from({ day })}
        value={from}
        required
        onChange={(event) => onChange([event.currentTarget.value, to])}
      />
      <span aria-hidden="true">–</span>
      <input
        type="time"
        aria-label={m.hours_to({ day })}
        value={to === '24:00' ? '00:00' : to}
        required
        onChange={(event) => {
          const value = event.currentTarget.value;
          onChange([from, value === '00:00' ? '24:00' : value]);
        }}
      />
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={m.hours_remove({ day })} onClick={onRemove}>
        <IconX size={15} aria-hidden="true" />
      </ActionIcon>
    </span>
  );
}
