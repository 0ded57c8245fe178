/**
 * "Who should get this call?", asked by Zadarma while it rings: half of the callers have a manager of their own, half
 * were never heard of. Each answer is checked.
 */
import { signaturesOf, signedText } from '../channels/telephony/providers/zadarma/signature.ts';
import { type CallBed, SECRET } from './call-bed.ts';
import { type Ask, paced, quantile } from './paced.ts';
import { type Bed, serveSubject } from './throughput.ts';

export const FALLBACK = '900';
/** Not counted: a server that has just started compiles its code. */
const WARM_UP_SECONDS = 5;
const WARM_UP_PER_SECOND = 50;

let asked = 0;

export async function callRouting(
  bed: Bed,
  calls: CallBed,
  options: { readonly contacts: number; readonly rates: readonly number[]; readonly seconds: number },
): Promise<string[]> {
  const { contacts, rates, seconds } = options;
  const served = await serveSubject({ ...bed, path: calls.zadarma.path }, 'complete');
  const lines: string[] = [];
  try {
    await paced(WARM_UP_PER_SECOND, WARM_UP_SECONDS, () => question(calls, served.url).ask);
    for (const perSecond of rates) {
      const [since] = await bed.owner<{ at: Date }[]>`select clock_timestamp() as at`;
      const expected: (string | undefined)[] = [];
      const answers = await paced(perSecond, seconds, (n) => {
        const { ask, extension } = question(calls, served.url);
        expected[n] = extension;
        return ask;
      });
      const queue = new Set(calls.managers.map(({ extension }) => extension));
      const gone = answers.map(({ body }) => placeOf(body));
      const wrong = gone.filter((place, n) => {
        if (place === FALLBACK) return false;
        return expected[n] === undefined ? !queue.has(place) : place !== expected[n];
      }).length;
      const reasons = await reasonsSince(bed, calls, since!.at);
      const share = (reason: string): string =>
        `${((100 * (reasons.get(reason) ?? 0)) / answers.length).toFixed(1)} %`;
      const ms = answers.map((answer) => answer.ms);
      lines.push(
        `| ${contacts} | ${perSecond} | ${answers.length} | ${quantile(ms, 0.5).toFixed(1)} | ` +
          `${quantile(ms, 0.9).toFixed(1)} | ${quantile(ms, 0.99).toFixed(1)} | ${Math.max(...ms).toFixed(1)} | ` +
          `${share('own-manager')} | ${share('queue')} | ${share('default')} | ${share('too-slow')} | ${wrong} | ` +
          `${answers.filter(({ status }) => status !== 200).length} |`,
      );
    }
  } finally {
    await served.stop();
  }
  return lines;
}

export const ROUTING_HEAD =
  '| contacts | a second | asked | p50 ms | p90 ms | p99 ms | max ms | own manager | queue | default | too slow | ' +
  'wrong | errors |';

/** Every other caller is somebody's client. */
function question(calls: CallBed, url: string): { ask: Ask; extension: string | undefined } {
  asked += 1;
  const client = asked % 2 === 0 ? calls.clients[(asked >> 1) % calls.clients.length] : undefined;
  const fields = {
    event: 'NOTIFY_START',
    call_start: new Date(Date.now() + 3 * 3_600_000).toISOString().slice(0, 19).replace('T', ' '),
    pbx_call_id: `in_${process.pid}x${asked}`,
    caller_id: client?.phone ?? `7495${String(1_000_000 + asked)}`,
    called_did: '74950000000',
  };
  const headers = { Signature: signaturesOf(SECRET, signedText(fields) ?? '')[0] };
  return { ask: { url, body: new URLSearchParams(fields).toString(), headers }, extension: client?.extension };
}

const placeOf = (body: string): string => (JSON.parse(body || '{}') as { redirect?: string }).redirect ?? 'none';

/** What the house wrote down of its answers; it does that a moment after them. */
async function reasonsSince(bed: Bed, { zadarma }: CallBed, since: Date): Promise<Map<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const rows = await bed.owner<{ reason: string; n: number }[]>`
    select because ->> 'reason' as reason, count(*)::int as n from call_routes
    where at >= ${since} and endpoint_id = ${zadarma.id} group by 1`;
  return new Map(rows.map(({ reason, n }) => [reason, n]));
}
