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
    const today = intervalsOf(hours, local.day).map(([from, to]) => [minutes(from), minutes(to)] as const);
    const current = today.find(([from, to]) => local.minute >= from && local.minute < to);
    if (current !== undefined) {
      const close = onTheClock(hours.timezone, at, local, current[1]);
      if (left <= close - at) return at + left;
      left -= close - at;
      at = close;
      continue;
    }
    const openings = today.map(([from]) => from).filter((from) => from > local.minute);
    at = onTheClock(hours.timezone, at, local, Math.min(24 * 60, ...openings));
    if (at > atMs + HORIZON_DAYS * 86_400_000) return undefined;
  }
  return undefined;
}

/**
 * When the local clock, read at `at`, will show `minute` of the same day; if it is changed on the way there, the
 * moment of the change, to be looked at again from there.
 */
function onTheClock(timezone: string, at: number, local: LocalTime, minute: number): number {
  const start = at - (at % MINUTE_MS);
  const wait = minute - local.minute;
  if (isSteady(timezone, start, local, wait)) return start + wait * MINUTE_MS;
  let [steady, changed] = [0, wait];
  while (changed - steady > 1) {
    const middle = (steady + changed) >> 1;
    if (isSteady(timezone, start, local, middle)) steady = middle;
    else changed = middle;
  }
  return start + changed * MINUTE_MS;
}

/** So many minutes later the clock shows so many minutes more: nobody has changed it. */
function isSteady(timezone: string, start: number, local: LocalTime, wait: number): boolean {
  const then = localTime(timezone, start + wait * MINUTE_MS);
  const day = (WEEKDAYS.indexOf(local.day) + Math.floor((local.minute + wait) / 1440)) % 7;
  return then.day === WEEKDAYS[day] && then.minute === (local.minute + wait) % 1440;
}
