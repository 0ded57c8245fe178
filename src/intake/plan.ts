/** What the deciding core is given and what it returns: rows, and nothing that could reach a database. */
import type { Call, HeardFact } from '../calls/fold.ts';
import type { Acquaintance, Deletion, Flag, InboundEvent, Reachability, Receipt, RemoteFile } from '../channel.ts';
import type { Holder, SeenIdentity } from '../contacts/resolve.ts';
import type { Desk } from '../routing/desk.ts';
import type { Route } from '../routing/route.ts';
import type { OpenEndpoint } from './endpoint-book.ts';

export type Outcome = 'opened' | 'attached' | 'ignored' | 'quarantined';

export interface DecodedEvent {
  readonly messageId: string;
  /** Blind index of the provider's event id; `null` when the delivery itself is the event. */
  readonly eventKey: string | null;
  readonly event: InboundEvent;
  readonly seen: readonly SeenIdentity[];
  /** Blind indexes of the messages that it quotes and claims to belong to. */
  readonly quotes?: string;
  readonly references?: readonly string[];
  /** Of the names by which others may call it. */
  readonly aliases?: readonly string[];
}

/** News about a message or a person. */
export interface DecodedNews {
  readonly news: Receipt | Deletion | Reachability | Acquaintance;
  /** Blind index of the message that it is about. */
  readonly of: string | null;
  readonly seen: readonly SeenIdentity[];
}

/** What `parse` made of one delivery. */
export type Verdict =
  | { readonly events: readonly DecodedEvent[]; readonly news?: readonly DecodedNews[] }
  | { readonly ignored: string }
  | { readonly quarantined: string };

export interface Item {
  readonly deliveryId: string;
  readonly endpoint: OpenEndpoint;
  readonly receivedAtMs: number;
  readonly verdict: Verdict;
  /** Set when this delivery had an outcome before and is being replayed or retried. */
  readonly was: {
    readonly outcome: Outcome;
    readonly contactId: string | null;
    readonly leadId: string | null;
  } | null;
  /** A person has judged its suspicion and retried it. */
  readonly forgiven: boolean;
}

export interface KnownContact {
  readonly id: string;
  readonly ownerId: string | null;
  readonly hasName: boolean;
}

export interface OpenLead {
  readonly id: string;
  readonly queueId: string;
  readonly ownerId: string | null;
}

/** A message that is there already, with the lead it belongs to as it is now. */
export interface KnownMessage {
  readonly id: string;
  readonly contactId: string;
  readonly leadId: string;
  readonly incomplete: boolean;
  readonly queueId: string | undefined;
  readonly ownerId: string | null;
}

/** What the base knows of everything that the batch touches. */
export interface Known {
  readonly holders: ReadonlyMap<string, readonly Holder[]>;
  readonly contacts: ReadonlyMap<string, KnownContact>;
  /** By contact. */
  readonly openLeads: ReadonlyMap<string, OpenLead>;
  /** By contact: the newest lead, open or not. Loaded only for contacts that we wrote to somewhere else. */
  readonly lastLeads: ReadonlyMap<string, string>;
  /** Messages that are there already, by message id and by event key. */
  readonly messages: ReadonlyMap<string, KnownMessage>;
  /** By event key: calls that something was heard of before. */
  readonly calls: ReadonlyMap<string, KnownCall>;
  /** Of those, the ones whose contact was erased: nobody can read them any more. */
  readonly erasedCalls: ReadonlySet<string>;
  /** Who of ours an extension is, by `endpoint id:extension`. */
  readonly extensions: ReadonlyMap<string, string>;
  /** By event key: who was told to take a call that rings. */
  readonly rung: ReadonlyMap<string, readonly string[]>;
}

/** Where a call's message stands, and the lead as it is now. */
export interface PlacedCall {
  readonly messageId: string;
  readonly contactId: string;
  readonly leadId: string;
  readonly queueId: string | undefined;
  readonly ownerId: string | null;
  readonly leadClosed: boolean;
}

export interface KnownCall {
  readonly facts: readonly HeardFact[];
  readonly call: Call;
  readonly placed: PlacedCall | undefined;
  /** Why it is no message. */
  readonly skipped: string | undefined;
  /** Its lead was opened by this call. */
  readonly opened: boolean;
  /** Who got the lead because of it. */
  readonly givenTo: string | null;
  readonly deliveryId: string;
  readonly firstHeardMs: number;
  /** It has a row already. */
  readonly stored: boolean;
}

/** A call as it is after this batch, and what follows from what is new in it. */
export interface CallChange {
  readonly id: string;
  readonly endpoint: OpenEndpoint;
  readonly now: KnownCall;
  readonly heardAtMs: number;
  /** Files of facts that came after the message. */
  readonly files: readonly RemoteFile[];
  /** People of ours whose phones ring, and who answered. */
  readonly ringing: readonly string[];
  readonly answeredBy: string | undefined;
  /** The lead goes to whoever talked, unless a person has given it to somebody else. */
  readonly give: { readonly to: string; readonly from: string | null } | undefined;
  readonly missed: { readonly atMs: number; readonly dueMs: number } | undefined;
  readonly answered: { readonly atMs: number; readonly how: 'called' | 'client-called' } | undefined;
  /** Names at the provider that this call showed. */
  readonly seen: readonly string[];
  /** Who is told of it on their screens; `undefined`: whoever may see the lead. */
  readonly people: readonly string[] | undefined;
}

export interface NewContact {
  readonly id: string;
  readonly createdAtMs: number;
  readonly name: string | undefined;
  readonly language: string | undefined;
}

export interface NewLead {
  readonly id: string;
  readonly contactId: string;
  readonly endpoint: OpenEndpoint;
  readonly openedAtMs: number;
  readonly repeat: boolean;
  readonly language: string | undefined;
  readonly source: object | null;
  readonly route: Route;
  messages: number;
  /** Since when the client waits for an answer; undefined when our side wrote last. */
  unansweredMs: number | undefined;
}

/** Messages that an open lead got. */
export interface Touched {
  readonly lead: OpenLead;
  count: number;
  atMs: number;
  /** Our side answered what the base knows as unanswered. */
  answered: boolean;
  /** What the client wrote since, or on top of it. */
  unansweredMs: number | undefined;
}

export interface NewMessage {
  readonly id: string;
  readonly contactId: string;
  readonly leadId: string;
  readonly endpointId: string;
  readonly atMs: number;
  readonly eventKey: string | null;
  readonly event: InboundEvent;
  readonly flags: readonly Flag[];
  /** The message that it quotes, where that is here. */
  readonly quotedId: string | undefined;
  readonly aliases: readonly string[];
  /** Files above this are not fetched; undefined: the channel fetches none. */
  readonly maxFileBytes: number | undefined;
}

/** Something that happened to a message that is there. */
export interface MessageChange {
  readonly messageId: string;
  readonly contactId: string;
  readonly kind: 'edited' | 'deleted' | 'completed';
  readonly atMs: number;
  /** The new content; absent for a deletion. */
  readonly event?: InboundEvent;
  readonly endpointId: string;
  readonly maxFileBytes: number | undefined;
}

export interface NewIdentity {
  readonly identity: SeenIdentity;
  readonly contactId: string;
  readonly rank: number;
  readonly atMs: number;
}

export interface LeadEvent {
  readonly leadId: string;
  readonly atMs: number;
  readonly kind: string;
  readonly data: object;
}

export interface Decided {
  readonly item: Item;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly contactId: string | null;
  readonly leadId: string | null;
}

export type Placed = Pick<Decided, 'outcome' | 'reason' | 'contactId' | 'leadId'>;

export interface Plan {
  readonly contacts: NewContact[];
  readonly names: { readonly contactId: string; readonly name: string }[];
  readonly identities: NewIdentity[];
  readonly leads: NewLead[];
  readonly messages: NewMessage[];
  readonly leadEvents: LeadEvent[];
  /** Open leads that got messages: how many, and when the last. */
  readonly touched: Map<string, Touched>;
  readonly suspicions: { readonly contactId: string; readonly otherId: string; readonly messageId: string }[];
  readonly outcomes: Decided[];
  readonly changes: MessageChange[];
  readonly receipts: {
    readonly key: string;
    readonly endpointId: string;
    readonly receipt: Receipt;
    readonly atMs: number;
  }[];
  /** How each conversation is answered from now on. */
  readonly conversations: NewMessage[];
  readonly reachability: {
    readonly contactId: string;
    readonly endpointId: string;
    readonly reachable: boolean;
    readonly atMs: number;
  }[];
  /** Identities of the base that a channel now vouches for. */
  readonly raises: { readonly lookup: string; readonly contactId: string; readonly trust: number }[];
  /** Leads that our side answered somewhere else. */
  readonly answered: Map<string, number>;
  /** Leads whose screens should look again, besides those above. */
  readonly stirred: Map<string, { readonly queueId: string | undefined; readonly ownerId: string | null }>;
  /** By event key. */
  readonly calls: Map<string, CallChange>;
}

/** The base as it will be: what is known, plus what this batch has decided so far. */
export interface World {
  readonly desk: Desk;
  readonly nowMs: number;
  readonly known: Known;
  readonly plan: Plan;
  readonly holders: Map<string, Holder[]>;
  readonly contacts: Map<string, KnownContact>;
  readonly openLeads: Map<string, OpenLead & { fresh?: NewLead }>;
  readonly lastLeads: Map<string, string>;
  readonly messages: Map<string, KnownMessage>;
  readonly calls: Map<string, KnownCall>;
}
