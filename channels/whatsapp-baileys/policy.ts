/** What to do after a connection closed. Codes are Baileys' `DisconnectReason` and WhatsApp's own beyond it. */
export type Verdict =
  | { readonly next: 'reconnect'; readonly afterMs: number; readonly words?: string; readonly needsHuman?: true }
  /** The phone unlinked us: forget the account and show a new code. */
  | { readonly next: 'pair-again'; readonly words: string }
  | { readonly next: 'stop'; readonly words: string };

const FIRST_MS = 1000;
const LONGEST_MS = 5 * 60_000;
/** 440: whoever reconnects at once throws the other out, which throws us out again, for ever. */
const REPLACED_MS = 5 * 60_000;

const STOPS: Readonly<Record<number, string>> = {
  402: 'WhatsApp has banned this number for some time. Open WhatsApp on the phone to see for how long.',
  403: 'WhatsApp has forbidden this number to connect. Open WhatsApp on the phone and follow what it says.',
  405: 'WhatsApp no longer accepts this version of the library. Update Inlet.',
  406: 'WhatsApp has banned this number. Open WhatsApp on the phone to ask for a review.',
  411: 'The phone is not ready for linked devices. Update WhatsApp on it, then switch this endpoint off and on.',
};

/**
 * @param failures connections in a row that never got open, 0 for the first
 * @param random 0 to 1, for the jitter: replicas and endpoints must not come back all at once
 */
export function judge(code: number | undefined, failures: number, random: number): Verdict {
  if (code === 401) return { next: 'pair-again', words: 'The phone has logged this device out. Pair it again.' };
  const words = code === undefined ? undefined : STOPS[code];
  if (words !== undefined) return { next: 'stop', words };
  // Normal right after pairing; a server that says it over and over is treated like any other failure.
  if (code === 515 && failures < 3) return { next: 'reconnect', afterMs: 0 };
  if (code === 440)
    return {
      next: 'reconnect',
      afterMs: REPLACED_MS,
      needsHuman: true,
      words: 'Another program uses this linked device. Stop it, or unlink the device on the phone and pair again.',
    };
  // 408, 428, 500, 503 and whatever comes next: exponential, with the upper half of each step as jitter.
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20));
  return { next: 'reconnect', afterMs: Math.round(ceiling * (0.5 + random / 2)) };
}

/** The status code that Baileys (through Boom) puts on a closed connection. */
export function codeOf(error: unknown): number | undefined {
  const status = (error as { output?: { statusCode?: unknown } } | undefined)?.output?.statusCode;
  return typeof status === 'number' ? status : undefined;
}
