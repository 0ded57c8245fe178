/** The ways in which a contact can be answered: their conversations, and addresses that may be written to first. */
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import type { Channel, Sends } from '../channel.ts';
import { openIdentity } from '../contacts/cards.ts';
import { maskIdentity } from '../contacts/mask.ts';
import { trustLevel } from '../contacts/resolve.ts';
import type { Sql } from '../db/open.ts';
import { openEndpoint, type SealedEndpoint } from '../intake/endpoints.ts';
import { actAsSystem } from '../leads/change.ts';
import type { DataKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { type Draft, readDraft } from './drafts.ts';

export interface ProviderTemplate {
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

export interface Way {
  readonly endpoint: { readonly id: string; readonly name: string; readonly channel: string };
  readonly kind: 'conversation' | 'first';
  readonly identity: {
    readonly id: string;
    readonly kind: string;
    readonly value: string;
    readonly confirmed: boolean;
  } | null;
  readonly confirmed: boolean;
  readonly lastInboundAt: string | null;
  readonly windowEndsAt: string | null;
  readonly blocked: boolean;
  readonly paused: boolean;
  readonly maxTextChars: number;
  readonly files: { readonly maxCount: number; readonly maxBytes: number } | null;
  readonly quotes: boolean;
  readonly subject: boolean;
  readonly templates: readonly ProviderTemplate[];
}

export interface WayDeps {
  readonly vault: Vault;
  readonly channels: readonly Channel[];
}

interface EndpointRow extends SealedEndpoint {
  readonly channel: string;
  readonly name: string;
  readonly paused: boolean;
}

interface ConversationRow {
  readonly endpointId: string;
  readonly lastInboundAt: Date | null;
  readonly blockedAt: Date | null;
}

interface IdentityRow {
  readonly lookup: string;
  readonly kind: string;
  readonly trust: number;
  readonly value: Uint8Array;
}

const CONFIRMED = trustLevel('attested');
const MOST_IDENTITIES = 20;

/** Row-level security lets nobody have these who may not see the contact; then the list is empty. */
export async function readWays(deps: WayDeps, tx: Tx, contactId: string): Promise<Way[]> {
  const [[held], conversations, identities, endpoints] = await Promise.all([
    tx<{ wrapped: Uint8Array }[]>`select wrapped from contact_keys where contact_id = ${contactId}`,
    tx<ConversationRow[]>`
      select endpoint_id as "endpointId", last_inbound_at as "lastInboundAt", blocked_at as "blockedAt"
      from conversations where contact_id = ${contactId} order by reach_at desc`,
    tx<IdentityRow[]>`
      select lookup, kind, trust, value from identities
      where contact_id = ${contactId} order by trust desc, created_at limit ${MOST_IDENTITIES}`,
    readSenders(deps, tx),
  ]);
  if (held === undefined) return [];
  const key = deps.vault.openKey('contact', contactId, held.wrapped);
  const ways: Way[] = [];
  for (const row of conversations) {
    const found = endpoints.get(row.endpointId);
    if (found !== undefined) ways.push(conversationWay(found, row, identities, key, contactId));
  }
  const spoken = new Set(conversations.map((row) => row.endpointId));
  for (const [id, found] of endpoints) if (!spoken.has(id)) ways.push(...firstWays(found, identities, key, contactId));
  return ways;
}

/** The ways and the draft of somebody who may see this contact; nothing for everybody else. */
export async function readReplyDesk(
  deps: WayDeps & { readonly sql: Sql },
  actor: Actor,
  contactId: string,
): Promise<{ readonly ways: Way[]; readonly draft: Draft | null }> {
  return asActor(deps.sql, actor, async (tx) => {
    const [may] = await tx<{ read: boolean }[]>`select inlet_may_read_contact(${contactId}) as read`;
    if (may?.read !== true) return { ways: [], draft: null };
    const draft = await readDraft(deps, tx, actor, contactId);
    await actAsSystem(tx); // endpoints' settings are not for managers; what is made of them here is
    return { ways: await readWays(deps, tx, contactId), draft };
  });
}

interface Sender {
  readonly row: EndpointRow;
  readonly sends: Sends;
  readonly templates: readonly ProviderTemplate[];
}

/** Endpoints that can send, by id. */
async function readSenders(deps: WayDeps, tx: Tx): Promise<Map<string, Sender>> {
  const able = new Map(deps.channels.flatMap((one) => (one.send === undefined ? [] : [[one.id, one] as const])));
  if (able.size === 0) return new Map();
  const rows = await tx<EndpointRow[]>`
    select id, channel, name, settings, key_wrap, paused_at is not null as paused from endpoints
    where deleted_at is null and channel in ${tx([...able.keys()])} order by id`;
  return new Map(
    rows.flatMap((row) => {
      const channel = able.get(row.channel);
      const sends = channel?.capabilities.sends;
      if (channel === undefined || sends === undefined) return [];
      return [[row.id, { row, sends, templates: templatesOf(deps, channel, sends, row) }] as const];
    }),
  );
}

function templatesOf(deps: WayDeps, channel: Channel, sends: Sends, row: EndpointRow): ProviderTemplate[] {
  if (sends.templatesSetting === undefined) return [];
  const parsed = channel.settings.safeParse(openEndpoint(deps.vault, row).settings);
  const list = parsed.success ? (parsed.data as Record<string, unknown>)[sends.templatesSetting] : undefined;
  return Array.isArray(list) ? (list as ProviderTemplate[]) : [];
}

function common({ row, sends, templates }: Sender) {
  return {
    endpoint: { id: row.id, name: row.name, channel: row.channel },
    paused: row.paused,
    maxTextChars: sends.maxTextChars,
    files: sends.files ?? null,
    quotes: sends.quotes,
    subject: sends.subject,
    templates,
  };
}

const HOUR_MS = 3_600_000;

function conversationWay(
  sender: Sender,
  row: ConversationRow,
  identities: readonly IdentityRow[],
  key: DataKey,
  contactId: string,
): Way {
  const { windowHours, first } = sender.sends;
  const heard = row.lastInboundAt;
  const own = identities.filter(({ kind }) => first?.includes(kind) === true);
  const endsAt = windowHours === undefined ? null : new Date((heard?.getTime() ?? 0) + windowHours * HOUR_MS);
  return {
    ...common(sender),
    kind: 'conversation',
    // Which of several it is stands in the conversation's sealed reach, in its channel's own words.
    identity: own.length === 1 ? identityOf(own[0]!, key, contactId) : null,
    // A messenger vouches for whoever writes in it; an address of a kind that anybody may write to has to be proven.
    confirmed: first === undefined || own.some(({ trust }) => trust >= CONFIRMED),
    lastInboundAt: heard?.toISOString() ?? null,
    windowEndsAt: endsAt?.toISOString() ?? null,
    blocked: row.blockedAt !== null,
  };
}

const identityOf = (row: IdentityRow, key: DataKey, contactId: string): Way['identity'] => ({
  id: row.lookup,
  kind: row.kind,
  value: maskIdentity(row.kind, openIdentity(key, contactId, row.lookup, row.value)),
  confirmed: row.trust >= CONFIRMED,
});

function firstWays(sender: Sender, identities: readonly IdentityRow[], key: DataKey, contactId: string): Way[] {
  return identities
    .filter(({ kind }) => sender.sends.first?.includes(kind) === true)
    .map((row) => ({
      ...common(sender),
      kind: 'first',
      identity: identityOf(row, key, contactId),
      confirmed: row.trust >= CONFIRMED,
      lastInboundAt: null,
      // Somebody who has never written: where the provider has a window, it has never been open.
      windowEndsAt: sender.sends.windowHours === undefined ? null : new Date(0).toISOString(),
      blocked: false,
    }));
}
