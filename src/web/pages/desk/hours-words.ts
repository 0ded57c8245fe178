import type { Hours, Weekday } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { getLocale } from '../../paraglide/runtime.js';

export const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

// 2024-01-01 was a Monday.
export const weekdayName = (day: Weekday, style: 'long' | 'short'): string =>
  new Intl.DateTimeFormat(getLocale(), { weekday: style, timeZone: 'UTC' }).format(
    Date.UTC(2024, 0, 1 + WEEKDAYS.indexOf(day)),
  );

/** Mon–Thu 09:00–18:00, Fri 09:00–17:00 (Europe/Moscow) */
export function hoursWords(hours: Hours | null): string {
  if (hours === null) return m.hours_always();
  const days = WEEKDAYS.map((day) => ({
    day,
    times: (hours.week[day] ?? []).map(([from, to]) => `${from}–${to}`).join(', '),
  }));
  const runs: { first: Weekday; last: Weekday; times: string }[] = [];
  for (const { day, times } of days) {
    const last = runs.at(-1);
    if (last !== undefined && last.times === times) last.last = day;
    else runs.push({ first: day, last: day, times });
  }
  const open = runs.filter((run) => run.times !== '');
  if (open.length === 0) return m.hours_never();
  return `${open.map(runWords).join('; ')} (${hours.timezone})`;
}

function runWords({ first, last, times }: { first: Weekday; last: Weekday; times: string }): string {
  const days =
    first === last ? weekdayName(first, 'short') : `${weekdayName(first, 'short')}–${weekdayName(last, 'short')}`;
  return `${days} ${times}`;
}
