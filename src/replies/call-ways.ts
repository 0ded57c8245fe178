/** Through which endpoints a person can call a client with one click, and the click itself. */
import { randomUUID } from 'node:crypto';
import { type Actor, asActor } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Channel, Dialled } from '../channel.ts';
import { Conflict } from '../conflict.ts';
import { openIdentity } from '../contacts/cards.ts';
import { matchingKey } from '../contacts/matching-key.ts';
import { plainColumn } from '../db/columns.ts';
import { redact, type Sql } from '../db/open.ts';
import { causeChain, Refused, Rejected } from '../errors.ts';
import type { EndpointBook, OpenEndpoint } from '../intake/endpoint-book.ts';
import { type ToolDeps, toolsFor } from '../intake/tools.ts';
import { changeLead, mustHold, record } from '../leads/change.ts';
import type { Log } from '../log.ts';
import type { Vault } from '../vault/vault.ts';

/** A provider that has not answered by then will not: the person looks at their telephone anyway. */
const DIAL_WITHIN_MS = 15_000;

export interface DialDeps extends ToolDeps {
  readonly endpoints: EndpointBook;
  readonly log: Log;
}

interface OwnExtension {
  readonly endpointId: string;
  readonly name: string;
  readonly channel: string;
  readonly extension: string;
  readonly dial: string | null;
}

const canDial = ({ channel, context }: OpenEndpoint): boolean => {
  const { dials } = channel.capabilities;
  return dials?.is.includes(String(context.settings[dials.setting])) === true;
};

/** Only who has an extension there, and only where the provider can be asked. */
export async function readCallWays(
  deps: { readonly sql: Sql; readonly endpoints: EndpointBook; readonly channels: readonly Channel[] },
  actor: Actor,
  contactId: string,
) {
  const [own, hasPhone] = await Promise.all([
    ownExtensions(deps.sql, actor),
    asActor(deps.sql, actor, async (tx) => {
      const [found] = await tx`select from identities where contact_id = ${contactId} and kind = 'phone' limit 1`;
      return found !== undefined;
    }),
  ]);
  const ways: { endpoint: { id: string; name: string }; extension: string }[] = [];
  for (const one of own) {
    const endpoint = await deps.endpoints.byId(deps.sql, one.endpointId);
    if (endpoint !== undefined && !endpoint.paused && canDial(endpoint))
      ways.push({ endpoint: { id: one.endpointId, name: one.name }, extension: one.extension });
  }
  const lacksExtension = ways.length === 0 && hasPhone && (await someoneCanDial(deps));
  return { ways, hasPhone, lacksExtension };
}

/** Of clients whom this person may not see. */
export const NO_CALLS = { ways: [], hasPhone: false, lacksExtension: false };

/** Is there an endpoint through which calls could be made, for whoever has an extension? */
async function someoneCanDial(deps: {
  readonly sql: Sql;
  readonly endpoints: EndpointBook;
  readonly channels: readonly Channel[];
}): Promise<boolean> {
  const dialling = deps.channels.filter(({ dial }) => dial !== undefined).map(({ id }) => id);
  const found = await deps.sql<{ id: string }[]>`
    select id from endpoints
    where channel = any(${plainColumn(dialling)}::text[]) and deleted_at is null and paused_at is null limit 20`;
  for (const { id } of found) {
    const endpoint = await deps.endpoints.byId(deps.sql, id);
    if (endpoint !== undefined && canDial(endpoint)) return true;
  }
  return false;
}

async function ownExtensions(sql: Sql, actor: Actor): Promise<OwnExtension[]> {
  if (actor.userId === null) return [];
  return sql<OwnExtension[]>`
    select distinct on (e.id) e.id as "endpointId", e.name, e.channel, x.extension, x.dial
    from extensions x join endpoints e on e.id = x.endpoint_id
    where x.user_id = ${actor.userId} and e.deleted_at is null and e.paused_at is null
    order by e.id, x.seen_at desc nulls last, x.extension`;
}

interface PhoneRow {
  readonly lookup: string;
  readonly value: Uint8Array;
  readonly wrapped: Uint8Array;
}

/**
 * Has the provider ring the person who clicked, then the client. The number is never shown to them. Once: a click that
 * ended in nothing is for the person to repeat.
 *
 * @throws Rejected, Conflict with a sentence for the person
 */
export async function callClient(deps: DialDeps, actor: Actor, leadId: string, endpointId: string): Promise<Dialled> {
  const own = (await ownExtensions(deps.sql, actor)).find((one) => one.endpointId === endpointId);
  if (own === undefined) throw new Conflict('You have no extension at this endpoint: an administrator can set it.');
  const endpoint = await deps.endpoints.byId(deps.sql, endpointId);
  const dial = endpoint?.channel.dial;
  if (endpoint === undefined || dial === undefined || !canDial(endpoint))
    throw new Conflict('This endpoint cannot be asked to call.');
  const to = await phoneOf(deps, actor, leadId, endpoint);
  const from = { extension: own.extension, ...(own.dial === null ? {} : { dial: own.dial }) };
  const call = { idempotencyKey: randomUUID(), from, to };
  const signal = AbortSignal.timeout(DIAL_WITHIN_MS);
  try {
    return await dial(call, endpoint.context, toolsFor(deps, endpoint), signal);
  } catch (error) {
    if (error instanceof Refused) throw new Conflict(error.message);
    deps.log.warn('call.not_begun', { endpoint: endpointId, lead: leadId, causes: causeChain(redact(error)) });
    throw new Rejected(502, 'The provider did not answer as expected: look whether your telephone rings.');
  }
}

/** The client's best number, in E.164, for whoever holds the lead; that it was used is on record first. */
async function phoneOf(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  leadId: string,
  endpoint: OpenEndpoint,
): Promise<string> {
  const found = await changeLead(deps.sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    const [row] = await tx<PhoneRow[]>`
      select i.lookup, i.value, k.wrapped from identities i join contact_keys k on k.contact_id = i.contact_id
      where i.contact_id = ${lead.contactId} and i.kind = 'phone'
      order by i.trust desc, i.created_at, i.lookup limit 1`;
    if (row === undefined) throw new Conflict('No phone number of this client is known.');
    await record(tx, actor, lead.id, 'call_asked', { endpoint: endpoint.id });
    const target = `contact:${lead.contactId}`;
    await audit(tx, { actor, action: 'call.asked', target, data: { lead: lead.id, endpoint: endpoint.id } });
    return { contactId: lead.contactId, ...row };
  });
  const key = deps.vault.openKey('contact', found.contactId, found.wrapped);
  const value = openIdentity(key, found.contactId, found.lookup, found.value);
  const place = { defaultCountry: endpoint.context.defaultCountry, endpointId: endpoint.id };
  const number = matchingKey('phone', value, place)?.display ?? value;
  if (!/^\+\d{7,15}$/.test(number)) throw new Conflict("The client's number cannot be dialled as it is.");
  return number;
}
