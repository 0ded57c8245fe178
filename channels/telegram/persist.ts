/** Goes on step by step until the signal, with the waits that the Bot API's refusals call for. */
import type { Health } from '../../src/channel.ts';
import { ApiError, NoAnswer } from './call-api.ts';
import { pause } from './pause.ts';
import { fill, type Words } from './words.ts';

export interface Stepped {
  readonly health: Health;
  /** This step proved that all is well: earlier trouble is forgotten. */
  readonly proves: boolean;
  readonly pauseMs: number;
}

export type Step = () => Promise<Stepped>;

interface Trouble {
  readonly health: Omit<Health, 'retryAt'>;
  /** Absent: no use trying again before a person has done something. */
  readonly seconds?: number;
}

const LONGEST_SECONDS = 60;
const CONFLICT_SECONDS = 5;
/** Telegram has been seen to ask for hours; a listener that looks dead for so long helps nobody. */
const LONGEST_ASKED_SECONDS = 3600;

export async function persist(
  step: Step,
  say: Words,
  report: (health: Health) => void,
  signal: AbortSignal,
): Promise<void> {
  const show = onChange(report);
  let failures = 0;
  let inConflict = false;
  while (!signal.aborted) {
    try {
      const { health, proves, pauseMs } = await step();
      if (proves) failures = 0;
      if (proves) inConflict = false;
      if (!inConflict) show(health);
      await pause(pauseMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      const trouble = judge(error, failures, say);
      // Not Telegram's doing: the delivery was not committed, or this is a bug. The house starts us again.
      if (trouble === undefined) throw error;
      failures += 1;
      inConflict = error instanceof ApiError && error.code === 409;
      if (trouble.seconds === undefined) return report(trouble.health);
      const waitMs = trouble.seconds * 1000;
      show({ ...trouble.health, retryAt: new Date(Date.now() + waitMs) });
      await pause(waitMs, signal);
    }
  }
}

function judge(error: unknown, failures: number, say: Words): Trouble | undefined {
  const growing = Math.min(LONGEST_SECONDS, 2 ** Math.min(failures, 10));
  // Spread out, so that many listeners do not come back in the same instant.
  const jittered = growing * (0.5 + Math.random() / 2);
  if (error instanceof NoAnswer) return { health: waiting(say.unreachable), seconds: jittered };
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 401 || error.code === 404) return { health: { state: 'needs-human', detail: say.wrongToken } };
  if (error.code === 409) {
    const detail = /webhook/i.test(error.description) ? say.otherWebhook : say.otherPoller;
    // Whoever asks last throws the other one out: coming back at once would be an endless fight over the messages.
    return { health: waiting(detail), seconds: Math.min(LONGEST_SECONDS, CONFLICT_SECONDS * growing) };
  }
  if (error.code === 429) {
    const asked = Math.min(LONGEST_ASKED_SECONDS, Math.max(1, error.retryAfterSeconds ?? 5));
    return { health: waiting(say.slowDown), seconds: asked };
  }
  if (error.code >= 500) return { health: waiting(say.unreachable), seconds: jittered };
  // A webhook's address that Telegram does not like, perhaps only until its name resolves.
  const detail = fill(say.refusedSetup, error.description);
  return { health: { state: 'needs-human', detail }, seconds: LONGEST_SECONDS };
}

const waiting = (detail: string): Health => ({ state: 'waiting', detail });

/** The same state is told once; `retryAt` alone is no news worth a line, but a new wait is. */
function onChange(report: (health: Health) => void): (health: Health) => void {
  let last = '';
  return (health) => {
    const now = JSON.stringify(health);
    if (now !== last) report(health);
    last = now;
  };
}
