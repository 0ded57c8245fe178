/** Is everything accounted for, readable, and as it was written? */
import { verifyAudit } from '../../access/audit.ts';
import type { Sql } from '../../db/open.ts';
import { timeOfId } from '../../ids.ts';
import { readLedger } from '../../intake/ledger.ts';
import { PROGRAM } from '../command.ts';
import { countWrapped, keyIdOf, sumOf } from '../key-ids.ts';
import { type Check, check, fail, many, ok, type Verdict, warn } from './check.ts';

const LATE_MS = 60_000;
const KEEP = 'Keep the database as it is, and restore a backup beside it to compare.';

export async function checkRecords(
  sql: Sql,
  masters: readonly Uint8Array[] | undefined,
  isServing: boolean,
): Promise<Check[]> {
  const looks: readonly (readonly [string, () => Promise<Verdict>])[] = [
    ['keys', () => keys(sql, masters)],
    ['processing', () => processing(sql, isServing)],
    ['quarantine', () => quarantine(sql)],
    ['ledger', () => ledger(sql)],
    ['orphans', () => orphans(sql)],
    ['audit', () => auditChain(sql)],
  ];
  const checks: Check[] = [];
  for (const [name, look] of looks) checks.push(await check(name, look));
  return checks;
}

async function keys(sql: Sql, masters: readonly Uint8Array[] | undefined): Promise<Verdict> {
  const wrapped = await countWrapped(sql);
  if (wrapped.size === 0) return ok('nothing is encrypted yet');
  const ids = (masters ?? []).map(keyIdOf);
  const total = (list: readonly string[]): number =>
    list.reduce((sum, id) => sum + sumOf(wrapped.get(id) ?? { contacts: 0, endpoints: 0, installation: 0 }), 0);
  const unknown = total([...wrapped.keys()].filter((id) => !ids.includes(id)));
  if (unknown > 0)
    return fail(
      `${unknown} of ${total([...wrapped.keys()])} keys in the database are under a master key that is not here`,
      'Give INLET_MASTER_KEY or the key file back the key they were made with. Nobody can read that data without it.',
    );
  const old = total(ids.slice(1));
  if (old > 0)
    return warn(`${many(old, 'key')} still under the old master key`, `Finish the rotation: ${PROGRAM} rotate-key`);
  return ids.length > 1
    ? warn('the old master key is not needed any more', `${PROGRAM} rotate-key --forget-old`)
    : ok(`all ${total(ids)} keys in the database open with the master key`);
}

async function processing(sql: Sql, isServing: boolean): Promise<Verdict> {
  const [row] = await sql<{ waiting: number; oldest: string | null; failing: number }[]>`
    select count(*)::float8 as waiting, count(*) filter (where attempts > 0)::float8 as failing,
      (select delivery_id from pending where attempts = 0 and was is null order by delivery_id limit 1) as oldest
    from pending`;
  const { waiting = 0, oldest = null, failing = 0 } = row ?? {};
  const running = isServing ? 'a server is running' : 'no server is running';
  const lateMs = oldest === null ? 0 : Date.now() - timeOfId(oldest);
  if (lateMs > LATE_MS)
    return fail(
      `${many(waiting, 'delivery', 'deliveries')} wait, the oldest for ${Math.round(lateMs / 1000)} s; ${running}`,
      isServing ? 'Look for errors in its log, and restart it.' : 'Start it: npm start. Nothing is lost meanwhile.',
    );
  if (failing > 0)
    return warn(
      `${many(failing, 'delivery', 'deliveries')} failed and will be tried again; ${running}`,
      'After five attempts they stand in quarantine, with the reason.',
    );
  return ok(`${many(waiting, 'delivery waits', 'deliveries wait')}; ${running}`);
}

async function quarantine(sql: Sql): Promise<Verdict> {
  const rows = await sql<{ reason: string; n: number }[]>`
    select reason, count(*)::int as n from outcomes where outcome = 'quarantined'
    group by 1 order by 2 desc limit 100`;
  const total = rows.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return ok('empty');
  const top = rows.slice(0, 3).map(({ reason, n }) => `${n} ${reason.slice(0, 60)}`);
  return warn(
    `${many(total, 'delivery', 'deliveries')} for a person to look at (${top.join(', ')})`,
    'Each may be a client: look at them under Quarantine in the web app, then retry or dismiss.',
  );
}

async function ledger(sql: Sql): Promise<Verdict> {
  const { balanced, received, rows } = await readLedger(sql);
  if (balanced) return ok(`all of ${many(received, 'delivery', 'deliveries')} accounted for`);
  const wrong = rows.filter((row) => !row.balanced).map((row) => `${row.day} "${row.endpoint.name}"`);
  return fail(`does not add up on ${wrong.slice(0, 5).join(', ')}`, `${KEEP} Details: ${PROGRAM} ledger`);
}

/** The append path has no foreign keys. A contact with neither key nor name nor identity was erased on purpose. */
async function orphans(sql: Sql): Promise<Verdict> {
  const rows = await sql<{ what: string; n: number }[]>`
    select * from (
      select 'messages without their contact' as what, count(*)::float8 as n from messages m
        where not exists (select from contacts c where c.id = m.contact_id)
      union all select 'messages without their lead', count(*) from messages m
        where not exists (select from leads l where l.id = m.lead_id)
      union all select 'leads without their contact', count(*) from leads l
        where not exists (select from contacts c where c.id = l.contact_id)
      union all select 'identities without their contact', count(*) from identities i
        where not exists (select from contacts c where c.id = i.contact_id)
      union all select 'contacts that lost their key', count(*) from contacts c
        where not exists (select from contact_keys k where k.contact_id = c.id)
          and (c.name is not null or exists (select from identities i where i.contact_id = c.id))
      union all select 'sent messages without their message', count(*) from sends s
        where not exists (select from messages m where m.id = s.message_id)
      union all select 'messages that wait to be sent and have no job', count(*) from sends s
        where s.state in ('queued', 'sending') and not exists (select from jobs j where j.subject_id = s.message_id)
          and exists (select from contact_keys k where k.contact_id = s.contact_id)
      union all select 'files that wait to be fetched and have no job', count(*) from attachments a
        where a.state = 'waiting' and not exists (select from jobs j where j.subject_id = a.id)
          and exists (select from contact_keys k where k.contact_id = a.contact_id)
      union all select 'deliveries that are nowhere', count(*) from deliveries d
        where not exists (select from pending p where p.delivery_id = d.id)
          and not exists (select from outcomes o where o.delivery_id = d.id)
      union all select 'deliveries that are pending and decided', count(*) from pending p
        where exists (select from outcomes o where o.delivery_id = p.delivery_id)
      union all select 'outcomes without their delivery', count(*) from outcomes o
        where not exists (select from deliveries d where d.id = o.delivery_id)
      union all select 'pending entries without their delivery', count(*) from pending p
        where not exists (select from deliveries d where d.id = p.delivery_id)
    ) as found where n > 0`;
  if (rows.length === 0) return ok('none: every row has what it belongs to');
  return fail(rows.map(({ what, n }) => `${n} ${what}`).join(', '), KEEP);
}

async function auditChain(sql: Sql): Promise<Verdict> {
  const proof = await verifyAudit(sql);
  if (proof.intact) return ok(`${many(proof.entries, 'entry', 'entries')}, unbroken`);
  return fail(
    `broken at entry ${proof.brokenAt}: ${proof.why}`,
    'Somebody with access to the database changed it. Keep it as it is, and find out who has that access.',
  );
}
