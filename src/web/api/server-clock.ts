/**
 * Ages and countdowns are counted on the server's clock, because a manager's computer may be minutes off. The Date
 * header has whole seconds and travels for a moment, so small differences are left alone.
 */
const IGNORED_MS = 2500;
let offsetMs = 0;

export function noteServerDate(date: string | null): void {
  const at = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at)) return;
  const difference = at + 500 - Date.now();
  offsetMs = Math.abs(difference) < IGNORED_MS ? 0 : difference;
}

export const serverNow = (): number => Date.now() + offsetMs;
