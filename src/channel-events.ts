/**
 * What a channel's `parse` may find in a delivery: messages, and news about messages. Part of the contract; channels
 * import it from `channel.ts`.
 */

import type { CallFact } from './channel-calls.ts';

/**
 * How sure we are that an identity belongs to whoever sent the message (house rule 5).
 * claimed: typed into a form. observed: caller id, a From: without DMARC. attested: the channel vouches.
 * verified: one-time code, double opt-in, a manager's word.
 */
export type Trust = 'claimed' | 'observed' | 'attested' | 'verified';

/** `phone` and `email` are matched across endpoints; a provider's own id only within the endpoint it came from. */
export type IdentityKind = 'phone' | 'email' | 'telegram' | 'whatsapp' | (string & {});

export interface ClaimedIdentity {
  readonly kind: IdentityKind;
  /** As received, untouched: the house keeps it for ever and derives the matching keys. At most 320 characters. */
  readonly value: string;
  readonly trust: Trust;
}

/**
 * One answer of a form, in the order it was asked. `kind` decides masking: `phone` and `email` are hidden by
 * default.
 */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly kind: 'name' | 'phone' | 'email' | 'text';
}

export interface Attachment {
  /** The sender's file name, for display only, already without path and control characters. */
  readonly name: string;
  /** Media type found in the bytes, never the one that was declared. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * A file that the provider keeps for us. `parse` is pure and cannot download: it names the file, the house writes it
 * down
 * with the message, and a job asks the channel's `fetch` for the bytes.
 */
export interface RemoteFile {
  /** For display only, already without path and control characters; the channel makes one up where there is none. */
  readonly name: string;
  /** As declared by the provider; what is stored is found in the bytes. */
  readonly mediaType?: string;
  /** Bytes, if the provider says so. Above the channel's `capabilities.fetches.maxBytes` it is not fetched. */
  readonly size?: number;
  /** Everything that `fetch` needs, and no access token: it is kept, sealed. At most 8,000 characters as JSON. */
  readonly ref: Reach;
}

/** Plain JSON that belongs to the channel alone. The house seals it, keeps it and hands it back untouched. */
export type Reach = Readonly<Record<string, unknown>>;

/** What a screen says beside a message. */
export type Flag =
  /** Sent by a machine: out of office, a receipt by mail, a greeting of the messenger. */
  | 'automatic'
  /** From a mailing list or a bulk sender. */
  | 'list'
  /** A calendar invitation or its answer. */
  | 'calendar'
  /** A notification that a site's form sent by mail; the client is the one inside. */
  | 'form-mail'
  /** Forwarded by the sender from somebody else. */
  | 'forwarded'
  /** The sender's address is not proven to be theirs. */
  | 'unconfirmed'
  /** Lay in the junk folder. */
  | 'junk'
  /** Set by the house: quotes a conversation that is another contact's. */
  | 'stranger';

/** Where a request came from. All of it was said by the visitor's browser: good for reports, proof of nothing. */
export interface Source {
  readonly utm?: Readonly<Partial<Record<'source' | 'medium' | 'campaign' | 'term' | 'content', string>>>;
  /** Advertising click ids by parameter name: `gclid`, `yclid`, `fbclid`, ... */
  readonly clickIds?: Readonly<Record<string, string>>;
  readonly referrer?: string;
  /** The page the form stood on. */
  readonly page?: string;
  /** The first page of this visit. */
  readonly landingPage?: string;
  /** The first visit that we know of, kept by the snippet for 90 days; the fields above are the last touch. */
  readonly firstTouch?: Readonly<Omit<Source, 'firstTouch'> & { at?: string }>;
}

export interface Consent {
  /** Lower-case hex SHA-256 of the exact text that was shown. */
  readonly textHash: string;
  readonly purpose: string;
  readonly givenAt: Date;
  /** The client's address when consent was given. */
  readonly address: string;
}

/** One message out of a delivery. */
export interface InboundEvent {
  /**
   * The provider's id of this message; a repeat in another delivery is ignored as a duplicate. Receipts, edits,
   * deletions and quotes name a message by the same id, and so does the `providerId` that `send` returns.
   */
  readonly eventId?: string;
  /**
   * Other ids by which later messages may name this one, at most 5. Hints, not ids: two messages may claim the same
   * one, and the first keeps it.
   */
  readonly aliases?: readonly string[];
  readonly kind: 'form' | 'text' | 'call';
  /**
   * `kind: 'call'`, told piece by piece: what this event says of the call `eventId`, which must be set. All events of a
   * call are one message. Without identities and without `hiddenNumber` the event waits for one that says who called.
   */
  readonly call?: CallFact;
  /**
   * Outbound: written by our side somewhere else (on the phone, in the mailbox). `sender` is then still the client:
   * the one it was written *to*. Our own messages that come back with an id that `send` returned are duplicates.
   */
  readonly direction: 'inbound' | 'outbound';
  /**
   * `edit`: a newer version of the message `eventId`; where that is not here, it is taken as the message itself.
   * `completion`: the content of a message that first came as `incomplete`.
   */
  readonly revision?: 'edit' | 'completion';
  /** The provider could not give us the content yet; it may follow under the same `eventId`. */
  readonly incomplete?: true;
  /** When it happened, if the provider says so; else the time of receipt. */
  readonly at?: Date;
  readonly sender: {
    /** As given; kept at the trust of the message. At most 200 characters. */
    readonly name?: string;
    /** BCP 47 primary language, lower-case: `ru`, `en`. */
    readonly language?: string;
    readonly identities: readonly ClaimedIdentity[];
  };
  /** Free text of the message, at most 20,000 characters. */
  readonly text?: string;
  /** E-mail: at most 1,000 characters. */
  readonly subject?: string;
  /** E-mail: what `text` leaves out of the same message (quotes, signatures), at most 50,000 characters. */
  readonly rest?: string;
  /** E-mail: the untrusted original, at most 200,000 characters. The house cleans it each time it is shown. */
  readonly html?: string;
  readonly fields?: readonly Field[];
  readonly attachments?: readonly Attachment[];
  /** Files to be fetched by a job, at most 20. */
  readonly files?: readonly RemoteFile[];
  /** A place on the map, degrees. */
  readonly location?: { readonly latitude: number; readonly longitude: number; readonly title?: string };
  /** How to answer into the same thread; the newest one of a conversation is given to `send`. At most 8,000 chars. */
  readonly reach?: Reach;
  /** The `eventId` of the message that this one answers or quotes. */
  readonly quotes?: string;
  /**
   * Ids of earlier messages that this one claims to belong to, at most 30 (References, a reply token). Hints, never
   * proof: when they are another contact's, the message is flagged `stranger` and that is all.
   */
  readonly references?: readonly string[];
  readonly flags?: readonly Flag[];
  /**
   * Set for what must not open a lead of its own (an out-of-office answer): it is attached where the sender has an open
   * lead, and otherwise ignored with this reason.
   */
  readonly quiet?: string;
  /**
   * A question that the house asks back by itself, once a conversation, and only while the contact has no phone:
   * the text to send. The channel gets it as `Outbound.ask`.
   */
  readonly askPhone?: string;
  readonly source?: Source;
  readonly consents?: readonly Consent[];
  /** Set when the event looks like a machine's or a test's doing. The house quarantines it with this reason. */
  readonly suspect?: string;
}

/** What became of a message that we sent. Never moves backwards, whatever the order of arrival. */
export interface Receipt {
  readonly kind: 'receipt';
  /** `InboundEvent.eventId` of the message. */
  readonly of: string;
  readonly state: 'sent' | 'delivered' | 'read' | 'failed';
  readonly at?: Date;
  /** For `failed`: one plain sentence for a manager, without personal data. */
  readonly reason?: string;
  /** `Outbound.idempotencyKey`, where the provider hands it back: settles a message whose outcome nobody knew. */
  readonly idempotencyKey?: string;
}

/** A message was taken back by whoever wrote it. The house keeps it and says so. */
export interface Deletion {
  readonly kind: 'deletion';
  readonly of: string;
  readonly at?: Date;
}

/** The client blocked us, or lets us write again. */
export interface Reachability {
  readonly kind: 'reachability';
  readonly identities: readonly ClaimedIdentity[];
  readonly reachable: boolean;
  readonly at?: Date;
}

/** The provider says that these are one and the same account (a changed number, a LID and its phone). No message. */
export interface Acquaintance {
  readonly kind: 'acquaintance';
  readonly identities: readonly ClaimedIdentity[];
}

/** Everything that `parse` may find. */
export type ParsedEvent = InboundEvent | Receipt | Deletion | Reachability | Acquaintance;

/** Is it a message, rather than news about one? */
export function isMessage(event: ParsedEvent): event is InboundEvent {
  return !NEWS.has(event.kind);
}

const NEWS: ReadonlySet<string> = new Set(['receipt', 'deletion', 'reachability', 'acquaintance']);
