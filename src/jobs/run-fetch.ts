/** One file that the provider keeps: downloaded, looked at, sealed, stored. */
import { fileTypeFromBuffer } from 'file-type';
import { asSystem, type Tx } from '../access/actor.ts';
import type { RemoteFile } from '../channel.ts';
import { Later, Refused } from '../errors.ts';
import { contactPlace } from '../intake/places.ts';
import { toolsFor } from '../intake/tools.ts';
import { announce } from '../leads/announce.ts';
import { type DataKey, seal, unsealText } from '../vault/seal.ts';
import { backoffSeconds, comeAgain, endJob, isSpent, laterSeconds, withinTime } from './retry.ts';
import type { Job, JobDeps, Result } from './runner.ts';

/** A hundred megabytes over a slow line. The job stays held for as long as its process lives. */
const ATTEMPT_MS = 300_000;

interface FileRow {
  readonly contactId: string;
  readonly remote: Uint8Array | null;
  readonly wrapped: Uint8Array | null;
}

export async function runFetch(deps: JobDeps, job: Job): Promise<Result> {
  const [row] = await deps.sql<FileRow[]>`
    select a.contact_id as "contactId", a.remote, k.wrapped
    from attachments a left join contact_keys k on k.contact_id = a.contact_id
    where a.id = ${job.subjectId} and a.state = 'waiting'`;
  if (row === undefined || row.remote === null || row.wrapped === null) {
    await asSystem(deps.sql, (tx) => endJob(tx, job));
    return 'gone';
  }
  const endpoint = await deps.endpoints.byId(deps.sql, job.endpointId);
  const channel = endpoint?.channel;
  if (endpoint === undefined || channel?.fetch === undefined) return fail(deps, job, 'no-channel');
  if (job.orphaned && isSpent(job)) return fail(deps, job, 'gave-up');
  const key = deps.vault.openKey('contact', row.contactId, row.wrapped);
  const place = contactPlace('attachments', 'remote', job.subjectId, row.contactId);
  const file = JSON.parse(unsealText(key, place, row.remote)) as RemoteFile;
  try {
    const fetch = channel.fetch.bind(channel);
    const bytes = await withinTime(deps.attemptMs ?? ATTEMPT_MS, (signal) =>
      fetch(file, endpoint.context, toolsFor(deps, endpoint), signal),
    );
    if (bytes.length > (channel.capabilities.fetches?.maxBytes ?? 0)) return await fail(deps, job, 'too-large');
    await keep(deps, job, row.contactId, key, bytes);
    return 'done';
  } catch (error) {
    if (error instanceof Refused) return fail(deps, job, error.message);
    if (isSpent(job)) return fail(deps, job, 'gave-up');
    const { attempts } = job;
    const seconds = error instanceof Later ? laterSeconds(attempts, error.seconds) : backoffSeconds(attempts);
    await asSystem(deps.sql, (tx) => comeAgain(tx, job, seconds));
    return 'again';
  }
}

async function keep(deps: JobDeps, job: Job, contactId: string, key: DataKey, bytes: Uint8Array): Promise<void> {
  const content = seal(key, contactPlace('attachments', 'content', job.subjectId, contactId), bytes);
  const mediaType = await mediaTypeOf(bytes);
  await asSystem(deps.sql, async (tx) => {
    await tx`
      update attachments set content = ${content}, state = 'here', remote = null, reason = null,
        media_type = ${mediaType}, size = ${bytes.length}
      where id = ${job.subjectId} and state = 'waiting'`;
    await endJob(tx, job);
    await tell(tx, job);
  });
}

async function tell(tx: Tx, job: Job): Promise<void> {
  const [lead] = await tx<{ lead: string; queue: string; owner: string | null }[]>`
    select l.id as lead, l.queue_id as queue, l.owner_id as owner
    from attachments a join messages m on m.id = a.message_id join leads l on l.id = m.lead_id
    where a.id = ${job.subjectId}`;
  if (lead !== undefined) await announce(tx, [{ type: 'lead.message', ...lead }]);
}

/** Found in the bytes. What has no signature and is valid UTF-8 is text; everything else is nothing in particular. */
async function mediaTypeOf(bytes: Uint8Array): Promise<string> {
  const found = await fileTypeFromBuffer(bytes);
  if (found !== undefined) return found.mime;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? 'application/octet-stream' : 'text/plain';
  } catch {
    return 'application/octet-stream';
  }
}

async function fail(deps: JobDeps, job: Job, reason: string): Promise<Result> {
  await asSystem(deps.sql, async (tx) => {
    await tx`
      update attachments set state = 'failed', reason = ${reason.slice(0, 300)}
      where id = ${job.subjectId} and state = 'waiting'`;
    await endJob(tx, job);
    await tell(tx, job);
  });
  return 'failed';
}
