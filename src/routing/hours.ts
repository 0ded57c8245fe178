/** Working hours of a queue, in its own time zone. Pure; split shifts allowed; no interval crosses midnight. */

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `[from, to]` as `HH:MM`, `to` exclusive; `24:00` ends the day. */
export type Interval = readonly [string, string];

export interface Hours {
  /** IANA time zone name. */
  readonly timezone: string;
  readonly week: Readonly<Partial<Record<Weekday, readonly Interval[]>>>;
}

const MINUTE_MS = 60_000;
const HORIZON_DAYS = 60;
const formatters = new Map<string, Intl.DateTimeFormat>();

interface LocalTime {
  readonly day: Weekday;
  readonly minute: number;
}

function localTime(timezone: string, atMs: number): LocalTime {
  let formatter = formatters.get(timezone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timezone, formatter);
  }
  let day: Weekday = 'mon';
  let minute = 0;
  for (const part of formatter.formatToParts(atMs)) {
    if (part.type === 'weekday') day = part.value.toLowerCase() as Weekday;
    else if (part.type === 'hour') minute += Number(part.value) * 60;
    else if (part.type === 'minute') minute += Number(part.value);
  }
  return { day, minute };
}

function minutes(text: string): number {
  const [hour = '0', minute = '0'] = text.split(':');
  return Number(hour) * 60 + Number(minute);
}

function intervalsOf(hours: Hours, day: Weekday): readonly Interval[] {
  return hours.week[day] ?? [];
}

/** No hours at all means always open. */
export function isOpen(hours: Hours | null, atMs: number): boolean {
  if (hours === null) return true;
  const local = localTime(hours.timezone, atMs);
  return intervalsOf(hours, local.day).some(
    ([from, to]) => local.minute >= minutes(from) && local.minute < minutes(to),
  );
}

/**
 * The moment when `seconds` of open time have passed since `atMs`; waiting does not run while the desk is closed.
 * `undefined` when the desk does not open for so long within 60 days (no intervals at all, for one).
 */
export function afterOpenSeconds(hours: Hours | null, atMs: number, seconds: number): number | undefined {
  if (hours === null) return atMs + seconds * 1000;
  let left = seconds * 1000;
  let at = atMs;
  for (let step = 0; step < HORIZON_DAYS * 12; step += 1) {
    const local = localTime(hours.timezone, at);
    const current = intervalsOf(hours, local.day).find(
      ([from, to]) => local.minute >= minutes(from) && local.minute < minutes(to),
    );
    if (current === undefined) {
      at = nextOpening(hours, at, local);
      if (at > atMs + HORIZON_DAYS * 86_400_000) return undefined;
      continue;
    }
    const untilClose = (minutes(current[1]) - local.minute) * MINUTE_MS - (at % MINUTE_MS);
    if (left <= untilClose) return at + left;
    left -= untilClose;
    at += untilClose;
  }
  return undefined;
}

/** The start of the next interval today, else the next local midnight: looked at again from there (days may have 23 or 25 hours). */
function nextOpening(hours: Hours, at: number, local: LocalTime): number {
  const later = intervalsOf(hours, local.day)
    .map(([from]) => minutes(from))
    .filter((start) => start > local.minute)
    .sort((a, b) => a - b)[0];
  const wait = (later ?? 24 * 60) - local.minute;
  const target = at - (at % MINUTE_MS) + wait * MINUTE_MS;
  const landed = localTime(hours.timezone, target);
  // A clock change on the way: step back or forward to the wanted local minute.
  const drift = (landed.minute - (later ?? 0) + 1440) % 1440;
  return drift > 720 ? target + (1440 - drift) * MINUTE_MS : target - drift * MINUTE_MS;
}
