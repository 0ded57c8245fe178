/**
 * An answer is queued: checked against what the way can carry, written with its job in one transaction. Sending is a
 * job's work; what became of it stands beside the message.
 */
import type { Actor, Tx } from '../access/actor.ts';
import { Conflict } from '../conflict.ts';
import { openIdentity } from '../contacts/cards.ts';
import { toJsonb } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import type { MessageBody } from '../intake/message-body.ts';
import { contactPlace } from '../intake/places.ts';
import { announce } from '../leads/announce.ts';
import { changeLead, type LockedLead, mustHold, record } from '../leads/change.ts';
import { type DataKey, seal } from '../vault/seal.ts';
import type { ProviderTemplate, Way, WayDeps } from './ways.ts';
import { readWays } from './ways.ts';

export interface ReplyDeps extends WayDeps {
  readonly sql: Sql;
  /** Tells the runner that there is something to send. */
  readonly wakeJobs?: () => void;
}

export interface NewReply {
  readonly endpointId: string;
  readonly identityId?: string | undefined;
  readonly text: string;
  readonly subject?: string | undefined;
  readonly quotes?: string | undefined;
  readonly files: readonly string[];
  readonly template?:
    | { readonly name: string; readonly language: string; readonly variables: readonly string[] }
    | undefined;
}

export interface Replied {
  readonly messageId: string;
  readonly contactId: string;
}

const refuse = (detail: string, fields?: Record<string, string>): Rejected =>
  new Rejected(422, detail, fields === undefined ? {} : { fields });

/**
 * @param requestKey the client's Idempotency-Key: asked again, the first answer is returned and nothing is sent twice
 * @throws Rejected 404/403 for a lead that is not this person's, 422 for what this way cannot carry; Conflict when the
 * client cannot be written to this way now
 */
export async function reply(
  deps: ReplyDeps,
  actor: Actor,
  leadId: string,
  wanted: NewReply,
  requestKey?: string,
): Promise<Replied> {
  const key = requestKey === undefined ? null : deps.vault.lookup(`reply:${actor.name}:${leadId}`, requestKey);
  const replied = await changeLead(deps.sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    if (key !== null) {
      const [before] = await tx<{ message_id: string }[]>`select message_id from sends where request_key = ${key}`;
      if (before !== undefined) return { messageId: before.message_id, contactId: lead.contactId };
    }
    const way = pickWay(await readWays(deps, tx, lead.contactId), wanted);
    const template = mayGo(way, wanted, Date.now());
    return write(deps, tx, actor, lead, way, wanted, template, key);
  });
  deps.wakeJobs?.();
  return replied;
}

function pickWay(ways: readonly Way[], wanted: NewReply): Way {
  const way = ways.find(
    (one) =>
      one.endpoint.id === wanted.endpointId &&
      (one.kind === 'conversation' ? wanted.identityId === undefined : one.identity?.id === wanted.identityId),
  );
  if (way !== undefined) return way;
  throw refuse('This contact cannot be written to this way.', {
    endpointId: 'is not one of the ways of this contact',
  });
}

/** Everything that the provider would refuse, said before anything is written. Returns the template that was named. */
function mayGo(way: Way, wanted: NewReply, nowMs: number): ProviderTemplate | undefined {
  if (way.blocked) throw new Conflict('The client does not take messages here any more: they blocked this account.');
  const template = wanted.template;
  if (template !== undefined) {
    const known = way.templates.find((one) => one.name === template.name && one.language === template.language);
    if (known === undefined) throw refuse('There is no such template.', { template: 'is not one of this endpoint' });
    const needed = new Set(known.text.match(/\{\{\d+\}\}/g) ?? []).size;
    if (needed !== template.variables.length)
      throw refuse('The template has other variables.', { template: `needs ${needed} variables` });
    if (wanted.files.length > 0) throw refuse('A template takes no files.', { files: 'send them separately' });
    return known;
  }
  if (way.windowEndsAt !== null && Date.parse(way.windowEndsAt) <= nowMs)
    throw new Conflict(
      'The client wrote too long ago: now only a template that the provider has approved may be sent here.',
    );
  if (wanted.text.trim() === '' && wanted.files.length === 0)
    throw refuse('There is nothing to send.', { text: 'is empty' });
  if (wanted.text.length > way.maxTextChars)
    throw refuse('The text is too long for this way.', { text: `at most ${way.maxTextChars} characters` });
  if (wanted.files.length > (way.files?.maxCount ?? 0))
    throw refuse('Too many files for this way.', { files: `at most ${way.files?.maxCount ?? 0}` });
  return undefined;
}

async function write(
  deps: ReplyDeps,
  tx: Tx,
  actor: Actor,
  lead: LockedLead,
  way: Way,
  wanted: NewReply,
  template: ProviderTemplate | undefined,
  requestKey: string | null,
): Promise<Replied> {
  const { contactId } = lead;
  const [held] = await tx<{ wrapped: Uint8Array }[]>`select wrapped from contact_keys where contact_id = ${contactId}`;
  if (held === undefined) throw new Conflict('This contact was erased: nobody can be written to any more.');
  const key = deps.vault.openKey('contact', contactId, held.wrapped);
  const id = newId();
  const quotedId = way.quotes ? await checkQuoted(tx, contactId, way, wanted.quotes) : undefined;
  const body: MessageBody = {
    text: template === undefined ? wanted.text : filled(template.text, wanted.template?.variables ?? []),
    ...(way.subject && wanted.subject ? { subject: wanted.subject } : {}),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(wanted.template === undefined ? {} : { template: wanted.template }),
  };
  const sealed = seal(key, contactPlace('messages', 'body', id, contactId), toJsonb(body));
  await tx`
    insert into messages (id, contact_id, lead_id, endpoint_id, kind, direction, author_id, at, body)
    values (${id}, ${contactId}, ${lead.id}, ${way.endpoint.id}, 'text', 'outbound', ${actor.userId}, now(),
      ${sealed})`;
  await attach(tx, actor, contactId, id, way, wanted.files);
  const identity = way.kind === 'first' ? await sealIdentity(tx, key, contactId, id, way) : null;
  await queueSend(tx, { id, contactId, leadId: lead.id, endpointId: way.endpoint.id, identity, requestKey });
  await tx`delete from drafts where actor = ${actor.name} and contact_id = ${contactId}`;
  await record(tx, actor, lead.id, 'replied', { message: id, endpoint: way.endpoint.id });
  await announce(tx, [{ type: 'lead.message', lead: lead.id, queue: lead.queueId, owner: lead.ownerId }]);
  return { messageId: id, contactId };
}

const filled = (text: string, variables: readonly string[]): string =>
  text.replaceAll(/\{\{(\d+)\}\}/g, (_all, n: string) => variables[Number(n) - 1] ?? '');

/** A provider knows its own messages only: what was said elsewhere cannot be quoted here. */
async function checkQuoted(
  tx: Tx,
  contactId: string,
  way: Way,
  messageId: string | undefined,
): Promise<string | undefined> {
  if (messageId === undefined) return undefined;
  const [found] = await tx`
    select from messages
    where id = ${messageId} and contact_id = ${contactId} and endpoint_id = ${way.endpoint.id} and kind <> 'note'`;
  if (found === undefined)
    throw refuse('There is no such message to answer.', { quotes: 'is not a message of this conversation' });
  return messageId;
}

/** Uploads are sealed as the attachments they become, so they move as they are. */
async function attach(
  tx: Tx,
  actor: Actor,
  contactId: string,
  messageId: string,
  way: Way,
  files: readonly string[],
): Promise<void> {
  if (files.length === 0) return;
  const moved = await tx<{ size: number }[]>`
    with taken as (
      delete from uploads where id in ${tx([...files])} and actor = ${actor.name} and contact_id = ${contactId}
      returning id, name, media_type, size, content
    )
    insert into attachments (id, message_id, contact_id, media_type, size, name, content)
    select id, ${messageId}::uuid, ${contactId}::uuid, media_type, size, name, content from taken returning size`;
  if (moved.length !== new Set(files).size)
    throw refuse('A file is not there any more.', { files: 'upload it again' });
  const largest = way.files?.maxBytes ?? 0;
  if (moved.some(({ size }) => size > largest))
    throw refuse('A file is too large for this way.', { files: `at most ${largest} bytes each` });
}

async function sealIdentity(tx: Tx, key: DataKey, contactId: string, id: string, way: Way): Promise<Buffer> {
  const [row] = await tx<{ kind: string; value: Uint8Array }[]>`
    select kind, value from identities where lookup = ${way.identity?.id ?? ''} and contact_id = ${contactId}`;
  if (row === undefined) throw refuse('This address is not there any more.', { identityId: 'is gone' });
  const value = openIdentity(key, contactId, way.identity?.id ?? '', row.value);
  const identity = { kind: row.kind, value, trust: way.confirmed ? 'attested' : 'claimed' };
  return seal(key, contactPlace('sends', 'identity', id, contactId), toJsonb(identity));
}

interface NewSend {
  readonly id: string;
  readonly contactId: string;
  readonly leadId: string;
  readonly endpointId: string;
  readonly identity: Buffer | null;
  readonly requestKey: string | null;
}

async function queueSend(tx: Tx, send: NewSend): Promise<void> {
  await tx`
    insert into sends (message_id, contact_id, lead_id, endpoint_id, identity, request_key)
    values (${send.id}, ${send.contactId}, ${send.leadId}, ${send.endpointId}, ${send.identity}, ${send.requestKey})`;
  await tx`
    insert into jobs (id, kind, subject_id, endpoint_id, lane)
    values (${newId()}, 'send', ${send.id}, ${send.endpointId},
      md5(${send.contactId}::text || ${send.endpointId}::text)::uuid)`;
}

/** A person has looked and decided: once more. Only for what failed, or of what nobody knows. */
export async function sendAgain(deps: ReplyDeps, actor: Actor, messageId: string): Promise<Replied> {
  const [row] = await deps.sql<{ lead: string; contact: string; endpoint: string }[]>`
    select lead_id as lead, contact_id as contact, endpoint_id as endpoint from sends where message_id = ${messageId}`;
  if (row === undefined) throw new Rejected(404, 'There is no such message, or it was not sent from here.');
  await changeLead(deps.sql, actor, row.lead, async (tx, lead) => {
    mustHold(actor, lead);
    const reset = await tx`
      update sends set state = 'queued', reason = null, attempts = 0, sent_at = null
      where message_id = ${messageId} and (state in ('failed', 'unknown') or exists (
        select from receipts r where r.rank = 15 and r.event_key in (
          select event_key from messages where id = ${messageId}
          union all select event_key from message_ids where message_id = ${messageId})))`;
    if (reset.count === 0) throw new Conflict('This message is on its way or has arrived: nothing to send again.');
    // What the provider said was about the earlier attempt.
    await tx`update messages set event_key = null where id = ${messageId}`;
    await tx`delete from message_ids where message_id = ${messageId}`;
    await tx`
      insert into jobs (id, kind, subject_id, endpoint_id, lane)
      values (${newId()}, 'send', ${messageId}, ${row.endpoint},
        md5(${row.contact}::text || ${row.endpoint}::text)::uuid)`;
    await record(tx, actor, row.lead, 'sent_again', { message: messageId });
    await announce(tx, [{ type: 'lead.message', lead: row.lead, queue: lead.queueId, owner: lead.ownerId }]);
  });
  deps.wakeJobs?.();
  return { messageId, contactId: row.contact };
}

/** A person has looked: the client has it (or it does not matter any more). Only for what nobody knew. */
export async function settleUnknown(deps: Pick<ReplyDeps, 'sql'>, actor: Actor, messageId: string): Promise<void> {
  const [row] = await deps.sql<{ lead: string }[]>`select lead_id as lead from sends where message_id = ${messageId}`;
  if (row === undefined) throw new Rejected(404, 'There is no such message, or it was not sent from here.');
  await changeLead(deps.sql, actor, row.lead, async (tx, lead) => {
    mustHold(actor, lead);
    const settled = await tx`
      update sends set state = 'sent', sent_at = queued_at, reason = null
      where message_id = ${messageId} and state = 'unknown'`;
    if (settled.count === 0) throw new Conflict('What became of this message is known already.');
    await tx`
      update leads l set first_response_at = coalesce(l.first_response_at, greatest(s.sent_at, l.opened_at)),
        unanswered_since = case when l.unanswered_since > s.sent_at then l.unanswered_since end
      from sends s where s.message_id = ${messageId} and l.id = s.lead_id`;
    await record(tx, actor, row.lead, 'sent_confirmed', { message: messageId });
    await announce(tx, [{ type: 'lead.message', lead: row.lead, queue: lead.queueId, owner: lead.ownerId }]);
  });
}
