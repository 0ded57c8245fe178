/**
 * One message on its way out. What became of it stands in `sends`, in one of: sent; queued again (the provider asked us
 * to come back); failed, with the reason in plain words; unknown, when nobody can tell whether the client has it and
 * sending again might double it.
 */
import { asSystem, type Tx } from '../access/actor.ts';
import type { Channel, Outbound, Reach, Sent } from '../channel.ts';
import { Later, Refused } from '../errors.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import type { MessageBody } from '../intake/message-body.ts';
import { contactPlace, providerIdPlace, reachPlace } from '../intake/places.ts';
import { eventKey } from '../intake/read-delivery.ts';
import { toolsFor } from '../intake/tools.ts';
import { announce } from '../leads/announce.ts';
import { type DataKey, seal, unseal, unsealText } from '../vault/seal.ts';
import { backoffSeconds, comeAgain, endJob, isSpent, laterSeconds, withinTime } from './retry.ts';
import type { Job, JobDeps, Result } from './runner.ts';

/** A hundred megabytes over a slow line. The job stays held for as long as its process lives. */
const ATTEMPT_MS = 300_000;
/** A paused endpoint is looked at again after so long. */
const PAUSED_SECONDS = 30;

interface SendRow {
  readonly contactId: string;
  readonly leadId: string;
  readonly body: Uint8Array;
  readonly wrapped: Uint8Array | null;
  readonly reach: Uint8Array | null;
  readonly identity: Uint8Array | null;
  readonly author: string | null;
}

interface Prepared {
  readonly row: SendRow;
  readonly key: DataKey;
  readonly message: Outbound;
}

export async function runSend(deps: JobDeps, job: Job): Promise<Result> {
  const endpoint = await deps.endpoints.byId(deps.sql, job.endpointId);
  const channel = endpoint?.channel;
  if (endpoint === undefined || endpoint.deleted || channel?.send === undefined) return fail(deps, job, 'no-channel');
  if (endpoint.paused) return again(deps, job, PAUSED_SECONDS);
  const mayRepeat = channel.capabilities.sends?.repeatable === true;
  // Whoever takes it falls over it, and has for a day: what comes after it in its conversation must not wait for ever.
  if (job.orphaned && (isSpent(job) || (!mayRepeat && (await wasUnderWay(deps, job)))))
    return unknown(deps, job, 'interrupted');
  const prepared = await prepare(deps, job);
  if (prepared === undefined) return gone(deps, job);
  try {
    const send = channel.send.bind(channel);
    const sent = await withinTime(deps.attemptMs ?? ATTEMPT_MS, (signal) =>
      send(prepared.message, endpoint.context, toolsFor(deps, endpoint), signal),
    );
    return await writeSent(deps, job, endpoint, prepared, sent);
  } catch (error) {
    return onError(deps, job, channel, error);
  }
}

async function onError(deps: JobDeps, job: Job, channel: Channel, error: unknown): Promise<Result> {
  if (error instanceof NotWrittenBack) throw error.cause;
  if (error instanceof Refused) return fail(deps, job, error.message);
  if (error instanceof Later)
    return isSpent(job)
      ? fail(deps, job, error.message)
      : again(deps, job, laterSeconds(job.attempts, error.seconds), error.message);
  deps.log.warn('send.outcome_unknown', {
    message: job.subjectId,
    endpoint: job.endpointId,
    attempt: job.attempts,
    error: error instanceof Error ? error.name : typeof error,
  });
  if (channel.capabilities.sends?.repeatable !== true) return unknown(deps, job, 'no-answer');
  return isSpent(job) ? unknown(deps, job, 'no-answer') : again(deps, job, backoffSeconds(job.attempts), 'no-answer');
}

/** Its last holder had begun to send: one that died before that has done no harm. */
async function wasUnderWay(deps: JobDeps, job: Job): Promise<boolean> {
  const [row] = await deps.sql`select from sends where message_id = ${job.subjectId} and state = 'sending'`;
  return row !== undefined;
}

/** Everything that the channel is told, out of sealed rows. `undefined`: the message or the person is gone. */
async function prepare(deps: JobDeps, job: Job): Promise<Prepared | undefined> {
  return asSystem(deps.sql, async (tx) => {
    const [row] = await tx<SendRow[]>`
      with due as (
        update sends set state = 'sending', attempts = ${job.attempts}, reason = null
        where message_id = ${job.subjectId} and state in ('queued', 'sending') returning *
      )
      select d.contact_id as "contactId", d.lead_id as "leadId", m.body, k.wrapped, c.reach, d.identity,
        u.name as author
      from due d join messages m on m.id = d.message_id left join contact_keys k on k.contact_id = d.contact_id
        left join conversations c on c.contact_id = d.contact_id and c.endpoint_id = d.endpoint_id
        left join users u on u.id = m.author_id`;
    if (row === undefined || row.wrapped === null) return undefined;
    const key = deps.vault.openKey('contact', row.contactId, row.wrapped);
    return { row, key, message: await outboundOf(tx, job, row, key) };
  });
}

async function outboundOf(tx: Tx, job: Job, row: SendRow, key: DataKey): Promise<Outbound> {
  const { contactId } = row;
  const id = job.subjectId;
  const body = JSON.parse(unsealText(key, contactPlace('messages', 'body', id, contactId), row.body)) as MessageBody;
  const files = await tx<{ id: string; name: Uint8Array; mediaType: string; content: Uint8Array }[]>`
    select id, name, media_type as "mediaType", content from attachments
    where message_id = ${id} and content is not null order by id`;
  const quotes = body.quotedId === undefined ? undefined : await providerIdOf(tx, key, contactId, body.quotedId);
  const open = <T>(place: Parameters<typeof unsealText>[1], sealed: Uint8Array): T =>
    JSON.parse(unsealText(key, place, sealed)) as T;
  return {
    idempotencyKey: id,
    to: {
      ...(row.reach === null ? {} : { reach: open<Reach>(reachPlace(contactId, job.endpointId), row.reach) }),
      ...(row.identity === null
        ? {}
        : {
            identity: open<NonNullable<Outbound['to']['identity']>>(
              contactPlace('sends', 'identity', id, contactId),
              row.identity,
            ),
          }),
    },
    text: body.text ?? '',
    ...(body.subject === undefined ? {} : { subject: body.subject }),
    ...(quotes === undefined ? {} : { quotes }),
    ...(body.template === undefined ? {} : { template: body.template }),
    ...(body.ask === undefined ? {} : { ask: body.ask }),
    ...(row.author === null ? {} : { author: row.author }),
    attachments: files.map((file) => ({
      name: unsealText(key, contactPlace('attachments', 'name', file.id, contactId), file.name),
      mediaType: file.mediaType,
      bytes: unseal(key, contactPlace('attachments', 'content', file.id, contactId), file.content),
    })),
    attempt: job.attempts,
  };
}

/** Of a message of theirs it stands in its body, of one of ours in `sends`. */
async function providerIdOf(tx: Tx, key: DataKey, contactId: string, messageId: string): Promise<string | undefined> {
  const [row] = await tx<{ body: Uint8Array; providerId: Uint8Array | null }[]>`
    select m.body, s.provider_id as "providerId" from messages m left join sends s on s.message_id = m.id
    where m.id = ${messageId} and m.contact_id = ${contactId}`;
  if (row === undefined) return undefined;
  if (row.providerId !== null) return unsealText(key, providerIdPlace(messageId, contactId), row.providerId);
  const body = unsealText(key, contactPlace('messages', 'body', messageId, contactId), row.body);
  return (JSON.parse(body) as MessageBody).providerId;
}

/** It is out, and only our own note of that is missing: nothing that happens now may send it again. */
class NotWrittenBack extends Error {
  override readonly name = 'NotWrittenBack';
}

const WRITE_BACK_TRIES = 20;
const WRITE_BACK_PAUSE_MS = 3000;

async function writeSent(
  deps: JobDeps,
  job: Job,
  endpoint: OpenEndpoint,
  prepared: Prepared,
  sent: Sent,
): Promise<Result> {
  for (let turn = 1; ; turn += 1)
    try {
      await noteSent(deps, job, endpoint, prepared, sent);
      return 'done';
    } catch (cause) {
      if (turn >= WRITE_BACK_TRIES) throw new NotWrittenBack('sent, but not written down', { cause });
      await new Promise((resolve) => setTimeout(resolve, WRITE_BACK_PAUSE_MS));
    }
}

async function noteSent(deps: JobDeps, job: Job, endpoint: OpenEndpoint, prepared: Prepared, sent: Sent) {
  const { row, key } = prepared;
  const id = job.subjectId;
  const main = eventKey(deps.vault, endpoint.id, sent.providerId);
  const more = (sent.moreIds ?? []).map((one) => eventKey(deps.vault, endpoint.id, one));
  await asSystem(deps.sql, async (tx) => {
    // The provider may have shown us our own message before it told us its id: that one is this one. Only one that we
    // wrote: what a client wrote is never hidden behind an answer, whatever ids a provider gives.
    await tx`
      update messages set duplicate_of = ${id}, event_key = null
      where event_key in ${tx([main, ...more])} and id <> ${id} and direction = 'outbound'`;
    await tx`
      update messages set event_key = ${main}
      where id = ${id} and not exists (select from messages where event_key = ${main} and id <> ${id})`;
    for (const one of more)
      await tx`insert into message_ids (event_key, message_id) values (${one}, ${id}) on conflict do nothing`;
    await tx`
      update sends set state = 'sent', sent_at = now(), reason = null,
        provider_id = ${seal(key, providerIdPlace(id, row.contactId), sent.providerId)}
      where message_id = ${id}`;
    await endJob(tx, job);
    if (prepared.message.ask === undefined)
      await tx`
        update leads set first_response_at = coalesce(first_response_at, greatest(now(), opened_at)),
          unanswered_since = case when unanswered_since > (select queued_at from sends where message_id = ${id})
            then unanswered_since end
        where id = ${row.leadId}`;
    await tell(tx, row.leadId);
  });
}

async function tell(tx: Tx, leadId: string): Promise<void> {
  const [lead] = await tx<{ queue: string; owner: string | null }[]>`
    select queue_id as queue, owner_id as owner from leads where id = ${leadId}`;
  if (lead !== undefined) await announce(tx, [{ type: 'lead.message', lead: leadId, ...lead }]);
}

async function settle(
  deps: JobDeps,
  job: Job,
  state: 'queued' | 'failed' | 'unknown',
  reason: string | null,
  then: (tx: Tx) => Promise<void>,
): Promise<void> {
  await asSystem(deps.sql, async (tx) => {
    const [row] = await tx<{ lead_id: string }[]>`
      update sends set state = ${state}, reason = ${reason?.slice(0, 300) ?? null}
      where message_id = ${job.subjectId} and state <> 'sent' returning lead_id`;
    await then(tx);
    if (row !== undefined) await tell(tx, row.lead_id);
  });
}

async function again(deps: JobDeps, job: Job, seconds: number, reason: string | null = null): Promise<Result> {
  await settle(deps, job, 'queued', reason, (tx) => comeAgain(tx, job, Math.max(1, seconds)));
  return 'again';
}

async function fail(deps: JobDeps, job: Job, reason: string): Promise<Result> {
  await settle(deps, job, 'failed', reason, (tx) => endJob(tx, job));
  return 'failed';
}

async function unknown(deps: JobDeps, job: Job, reason: string): Promise<Result> {
  await settle(deps, job, 'unknown', reason, (tx) => endJob(tx, job));
  return 'unknown';
}

async function gone(deps: JobDeps, job: Job): Promise<Result> {
  await asSystem(deps.sql, (tx) => endJob(tx, job));
  return 'gone';
}
