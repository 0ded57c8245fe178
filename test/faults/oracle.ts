/**
 * What must be true after every fault: no loss, no duplicate, no invention, no limbo, a ledger that adds up, an audit
 * chain that verifies. Looks only at what came since it last looked, so that the last of 300 kills is as cheap to
 * judge
 * as the first; `whole` counts everything again.
 */
import { verifyAudit } from '../../src/access/audit.ts';
import { readLedger } from '../../src/intake/ledger.ts';
import { openDeliveryKey, openRequest } from '../../src/intake/read-delivery.ts';
import type { Inside } from './inside.ts';
import { hashOf, type SentBook } from './sent-book.ts';
import { until } from './server.ts';

export interface Findings {
  /** Acknowledged, and not stored or not byte-identical. */
  readonly lost: string[];
  /** Stored more than once, or with more than one message or lead. */
  readonly doubled: string[];
  /** Stored, and never sent in this form. */
  readonly invented: string[];
  /** Stored, and neither a lead nor anything else that somebody can see. */
  readonly limbo: string[];
  /** A ledger that does not add up, an audit that does not verify, counts that differ. */
  readonly crooked: string[];
}

export interface Oracle {
  /** Waits until nothing is pending (60 s at most), then judges what is new. Adds to the findings. */
  readonly look: () => Promise<{ readonly drainedMs: number; readonly judged: number }>;
  /** Counts whole tables against what was judged one by one. */
  readonly whole: () => Promise<void>;
  readonly findings: Findings;
  /** Deliveries judged so far. */
  readonly stored: () => number;
}

const LIMBO_MS = 60_000;
const PAGE = 2000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface Row {
  readonly id: string;
  readonly endpoint_id: string;
  readonly raw: Buffer;
  readonly outcome: string | null;
  readonly key_wrap: Buffer | null;
  readonly contact_id: string | null;
  readonly contact_key: Buffer | null;
  readonly lead_id: string | null;
  readonly messages: number;
  readonly lead_messages: number | null;
}

/** @param endpointId where the load posts; what stands at other endpoints is not judged */
export function createOracle(inside: Inside, book: SentBook, endpointId: string): Oracle {
  const findings: Findings = { lost: [], doubled: [], invented: [], limbo: [], crooked: [] };
  const deliveryOf = new Map<string, string>();
  const leads = new Set<string>();
  const checkedAcks = new Set<string>();
  let last = FIRST_ID;
  let stored = 0;

  const judge = async (row: Row): Promise<void> => {
    stored += 1;
    const body = await readBody(inside, row);
    const id = body === undefined ? undefined : idOf(body);
    const sent = id === undefined ? undefined : book.all.get(id);
    if (id === undefined || sent === undefined || body === undefined || hashOf(body) !== sent.hash) {
      findings.invented.push(`${row.id}: ${id ?? 'not readable'}`);
      return;
    }
    const before = deliveryOf.get(id);
    if (before !== undefined) findings.doubled.push(`${id}: stored as ${before} and as ${row.id}`);
    deliveryOf.set(id, row.id);
    if (row.outcome === null) findings.limbo.push(`${id}: no outcome`);
    else if (row.outcome !== 'opened') findings.crooked.push(`${id}: ${row.outcome} instead of opened`);
    if (row.messages !== 1 || (row.lead_messages !== null && row.lead_messages !== 1))
      findings.doubled.push(`${id}: ${row.messages} messages, ${row.lead_messages} on its lead`);
    if (row.lead_id === null || row.lead_messages === null) findings.limbo.push(`${id}: no lead`);
    else if (leads.has(row.lead_id)) findings.doubled.push(`${id}: shares its lead`);
    else leads.add(row.lead_id);
  };
  const checkAcks = (): void => {
    for (const sent of book.all.values()) {
      if (sent.fate !== 'acked' || checkedAcks.has(sent.id)) continue;
      checkedAcks.add(sent.id);
      if (deliveryOf.get(sent.id) !== sent.delivery)
        findings.lost.push(`${sent.id}: acknowledged as ${sent.delivery}, stored as ${deliveryOf.get(sent.id)}`);
    }
  };
  const look = async () => {
    const drainedMs = await drained(inside, findings);
    const before = stored;
    for (;;) {
      const rows = await page(inside, endpointId, last);
      for (const row of rows) await judge(row);
      last = rows.at(-1)?.id ?? last;
      if (rows.length < PAGE) break;
    }
    checkAcks();
    return { drainedMs, judged: stored - before };
  };
  const whole = async (): Promise<void> => {
    const [counts] = await inside.sql<Record<string, number>[]>`
      select (select count(*)::int from deliveries where endpoint_id = ${endpointId}) as deliveries,
        (select count(*)::int from outcomes where endpoint_id = ${endpointId}) as outcomes,
        (select count(*)::int from messages where endpoint_id = ${endpointId}) as messages,
        (select count(*)::int from leads where endpoint_id = ${endpointId}) as leads,
        (select count(distinct contact_id)::int from leads where endpoint_id = ${endpointId}) as contacts`;
    for (const [name, count] of Object.entries(counts ?? {}))
      if (count !== stored) findings.crooked.push(`${count} ${name}, but ${stored} deliveries were judged`);
    const ledger = await readLedger(inside.sql, { endpoint: endpointId });
    if (!ledger.balanced || ledger.pending > 0)
      findings.crooked.push(`ledger: received ${ledger.received}, pending ${ledger.pending}, ${ledger.balanced}`);
    const audit = await verifyAudit(inside.sql);
    if (!audit.intact) findings.crooked.push(`audit: broken at ${audit.brokenAt}, ${audit.why}`);
  };
  return { look, whole, findings, stored: () => stored };
}

async function drained(inside: Inside, findings: Findings): Promise<number> {
  try {
    return await until('pending is empty', LIMBO_MS, async () => {
      const [row] = await inside.sql<{ n: number }[]>`select count(*)::int as n from pending`;
      return row?.n === 0;
    });
  } catch {
    const rows = await inside.sql<{ delivery_id: string }[]>`select delivery_id from pending limit 5`;
    findings.limbo.push(`pending after ${LIMBO_MS} ms: ${rows.map((row) => row.delivery_id).join(', ')}`);
    return LIMBO_MS;
  }
}

function page(inside: Inside, endpointId: string, after: string): Promise<Row[]> {
  return inside.sql<Row[]>`
    select d.id, d.endpoint_id, d.raw, o.outcome, o.key_wrap, o.contact_id, o.lead_id, k.wrapped as contact_key,
      (select count(*)::int from messages m where m.id = d.id) as messages, l.messages as lead_messages
    from deliveries d left join outcomes o on o.delivery_id = d.id
      left join contact_keys k on k.contact_id = o.contact_id left join leads l on l.id = o.lead_id
    where d.id > ${after} and d.endpoint_id = ${endpointId} order by d.id limit ${PAGE}`;
}

/** The stored bytes through the vault, with the keys as they are wrapped now; `undefined`: they cannot be read. */
async function readBody(inside: Inside, row: Row): Promise<Uint8Array | undefined> {
  const endpoint = await inside.endpoints.byId(inside.sql, row.endpoint_id);
  if (endpoint === undefined || row.key_wrap === null) return undefined;
  const { id, contact_id, contact_key, key_wrap, raw } = row;
  try {
    const key = openDeliveryKey(inside.vault, endpoint, { delivery_id: id, contact_id, contact_key, key_wrap });
    return openRequest(key, { delivery_id: id, raw, edit_version: null, edit_raw: null }).body;
  } catch {
    return undefined;
  }
}

/** The id that `formOf` wrote into the text. */
function idOf(body: Uint8Array): string | undefined {
  return /"message":"Заявка (\S+) /.exec(Buffer.from(body).toString('utf8'))?.[1];
}

export const faultsFound = (findings: Findings): number =>
  Object.values(findings).reduce((sum, list: string[]) => sum + list.length, 0);
