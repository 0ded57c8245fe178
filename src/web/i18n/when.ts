import { m } from '../paraglide/messages.js';
import { getLocale } from '../paraglide/runtime.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const formats = new Map<string, Intl.DateTimeFormat>();
function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${getLocale()} ${kind}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(getLocale() === 'ru' ? 'ru-RU' : 'en-GB', options);
  formats.set(key, known);
  return known;
}

/** 14:05 today, 3 Nov 14:05 this year, with the year before that. */
export function shortTime(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const now = new Date(nowMs);
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  if (at.toDateString() === now.toDateString()) return format('time', time).format(at);
  const day = { day: 'numeric', month: 'short' } as const;
  if (at.getFullYear() === now.getFullYear()) return format('day', { ...day, ...time }).format(at);
  return format('year', { ...day, year: 'numeric', ...time }).format(at);
}

export const fullTime = (iso: string): string =>
  format('full', { dateStyle: 'long', timeStyle: 'medium' }).format(new Date(iso));

export const dayTitle = (day: string): string =>
  format('ledger', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** Today, yesterday, Monday 3 November; with the year when it is another one. */
export function dayName(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return m.date_today();
  if (at.toDateString() === new Date(nowMs - DAY * 1000).toDateString()) return m.date_yesterday();
  const day = { weekday: 'long', day: 'numeric', month: 'long' } as const;
  if (at.getFullYear() === now.getFullYear()) return format('weekday', day).format(at);
  return format('weekday year', { day: 'numeric', month: 'long', year: 'numeric' }).format(at);
}

/** In whole minutes, for a sentence: 12 min, 1 h 5 min. */
export function inMinutes(seconds: number): string {
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes < 1) return m.waits_moment();
  if (minutes < 60) return m.waits_minutes({ minutes });
  if (minutes < 24 * 60) return m.waits_hours({ hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return m.waits_days({ days: Math.floor(seconds / DAY), hours: Math.floor((seconds % DAY) / HOUR) });
}

/** A running clock: 42 s, 4:07, 1 h 12 min, 2 d 3 h. */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return m.age_seconds({ seconds: whole });
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, '0')}`;
  if (whole < DAY)
    return m.age_hours({ hours: Math.floor(whole / HOUR), minutes: Math.floor((whole % HOUR) / MINUTE) });
  return m.age_days({ days: Math.floor(whole / DAY), hours: Math.floor((whole % DAY) / HOUR) });
}

/** A length of time as players write it: 0:08, 4:07, 1:02:10. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  if (whole < HOUR) return `${minutes}:${two(whole % MINUTE)}`;
  return `${Math.floor(whole / HOUR)}:${two(minutes)}:${two(whole % MINUTE)}`;
}

/** The same for reading aloud and for sentences: 3 s ago, 2 min ago, yesterday. */
export function ago(iso: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1000));
  const words = new Intl.RelativeTimeFormat(getLocale(), { numeric: 'auto', style: 'short' });
  if (seconds < 2) return m.just_now();
  if (seconds < MINUTE) return words.format(-seconds, 'second');
  if (seconds < HOUR) return words.format(-Math.floor(seconds / MINUTE), 'minute');
  if (seconds < DAY) return words.format(-Math.floor(seconds / HOUR), 'hour');
  return words.format(-Math.floor(seconds / DAY), 'day');
}

export function fileSize(bytes: number): string {
  const units = [m.unit_bytes(), m.unit_kb(), m.unit_mb()];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toLocaleString(getLocale(), { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}

export const count = (value: number): string => value.toLocaleString(getLocale());
