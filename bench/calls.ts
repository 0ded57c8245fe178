/** Calls: who should get one that rings, how many events a second, how soon a ringing phone is on the screen. */
import { openCallBed } from './call-bed.ts';
import { callLive } from './call-live.ts';
import { callRouting, FALLBACK, ROUTING_HEAD } from './call-routing.ts';
import { type Bed, type Series, throughput } from './throughput.ts';

const RATES = [20, 100, 300];

export interface CallOptions {
  readonly contacts: number;
  readonly connections: readonly number[];
  readonly pairs: number;
  readonly seconds: number;
  readonly log: (text: string) => void;
  readonly report: (contacts: number, series: readonly Series[]) => void;
}

/** Questions and live cards run for `seconds`, events for `seconds` a subject. */
export async function calls(bed: Bed, options: CallOptions): Promise<void> {
  const { contacts, connections, pairs, seconds, log, report } = options;
  const made = await openCallBed(bed, FALLBACK);
  try {
    log(`${made.clients.length} clients of ${made.managers.length} managers`);
    console.log(ROUTING_HEAD);
    for (const line of await callRouting(bed, made, { contacts, rates: RATES, seconds })) console.log(line);
    console.log(await callLive(bed, made, contacts, seconds));
    for (const count of connections) {
      const subjects = ['bare', 'accept', 'complete'] as const;
      const events = { subjects, load: 'call' as const };
      report(contacts, await throughput({ ...bed, path: made.megafon.path }, count, pairs, seconds, log, events));
    }
  } finally {
    await made.close();
  }
}
