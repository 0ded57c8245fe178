import type { Tx } from '../access/actor.ts';
import type { Sql } from '../db/open.ts';

/** What travels through `inlet_live`: ids only. `queue`, `owner` and the rest decide who is told. */
export interface LiveNotice {
  readonly type:
    | 'lead.opened'
    | 'lead.changed'
    | 'lead.claimed'
    | 'lead.released'
    | 'lead.message'
    | 'quarantine'
    | 'endpoint'
    | 'call'
    | 'desk';
  readonly lead?: string;
  readonly endpoint?: string;
  readonly call?: string;
  readonly queue?: string;
  readonly owner?: string | null;
  readonly offeredTo?: string | null;
  /** People who lose or win sight of the lead by this change. Not sent on to screens. */
  readonly also?: readonly string[];
  /** Nobody but these. Not sent on to screens. */
  readonly only?: readonly string[];
}

export const LIVE_CHANNEL = 'inlet_live';
/** PostgreSQL takes 8,000 bytes at most in one notification. */
const MAX_PAYLOAD_BYTES = 7000;

/** Delivered when the transaction commits, and only then. Correctness never depends on it: screens refetch. */
export async function announce(tx: Tx, notices: readonly LiveNotice[]): Promise<void> {
  const payloads = packNotices(notices);
  if (payloads.length === 0) return;
  await tx`
    select pg_notify(${LIVE_CHANNEL}, value)
    from jsonb_array_elements_text(${JSON.stringify(payloads)}::text::jsonb)`;
}

/** JSON arrays of at most 7 kB each. Everything in a notice is ASCII, so characters are bytes. */
export function packNotices(notices: readonly LiveNotice[]): string[] {
  const payloads: string[] = [];
  let items: string[] = [];
  let size = 2;
  for (const notice of notices) {
    const item = JSON.stringify(notice);
    if (items.length > 0 && size + item.length + 1 > MAX_PAYLOAD_BYTES) {
      payloads.push(`[${items.join(',')}]`);
      items = [];
      size = 2;
    }
    items.push(item);
    size += item.length + 1;
  }
  if (items.length > 0) payloads.push(`[${items.join(',')}]`);
  return payloads;
}

const waiting = new WeakMap<Sql, LiveNotice[]>();

/**
 * Tells the screens right after the commit instead of with it. Commits that carry a notice wait for each other in
 * PostgreSQL (one lock for the whole server until the disk has answered), which is what two hundred managers claiming
 * at once
 * would feel. Notices that come while one is under way go together in the next. If this process dies in between, the
 * screens learn at their next look.
 */
export function announceSoon(sql: Sql, notice: LiveNotice): void {
  const queued = waiting.get(sql);
  if (queued !== undefined) {
    queued.push(notice);
    return;
  }
  waiting.set(sql, [notice]);
  void tellAll(sql);
}

async function tellAll(sql: Sql): Promise<void> {
  for (;;) {
    const notices = waiting.get(sql) ?? [];
    if (notices.length === 0) {
      waiting.delete(sql);
      return;
    }
    waiting.set(sql, []);
    for (const payload of packNotices(notices))
      await sql`select pg_notify(${LIVE_CHANNEL}, ${payload}), set_config('synchronous_commit', 'off', true)`.catch(
        () => undefined, // the database is away: every screen looks again once it is back
      );
  }
}
