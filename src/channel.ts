/**
 * The contract between the house and a channel.
 *
 * A channel is one plain object made with {@link defineChannel}. It knows one provider's protocol and nothing of the
 * database, the lead or the screen. It imports this file, `errors.ts` and its own SDK; never `src/db`, never another
 * channel. Absence declares: a channel that cannot send has no `send`, a channel that only listens has no `verify`.
 *
 * What happens to one inbound request:
 *
 *   1. the house finds the endpoint by its key, limits the body and the rate, answers CORS;
 *   2. `verify` looks at the untouched bytes and says *genuine* (or throws `Rejected`: nothing is kept);
 *   3. the house commits the raw delivery, and only then gives the answer that `verify` asked for;
 *   4. later, maybe on another replica, `parse` turns the same bytes into events. It is pure: same bytes, same
 *      settings, same events, for ever. That is what makes replay possible.
 */
import type { z } from 'zod';

/** One HTTP request as it came in. Header names are lower-case. */
export interface InboundRequest {
  readonly method: string;
  /** Path and query, without the host: `/in/form/k3y?utm_source=vk`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The untouched body. Never larger than the channel's `capabilities.maxBodyBytes`. */
  readonly body: Uint8Array;
  /** The client's address after the trusted-proxy rule, `''` when unknown. */
  readonly address: string;
  readonly receivedAt: Date;
}

/** What a channel is told about the endpoint that it serves. `settings` has been parsed by the channel's schema. */
export interface EndpointContext<S> {
  readonly id: string;
  /** The random public key in the endpoint's address. */
  readonly key: string;
  readonly name: string;
  readonly settings: S;
  /** ISO 3166-1 alpha-2, used where a phone number has no country code. */
  readonly defaultCountry: string;
  /** BCP 47, the language of the endpoint's own pages when the visitor's is unknown. */
  readonly language: string;
  /**
   * Where this endpoint is reached from outside, without a trailing slash: `https://inlet.example.com/in/form/k3y`.
   */
  readonly address: string;
}

/** What the house lends to `verify` and `handshake`. Nothing here can read the client base. */
export interface Tools {
  /** Outbound HTTP for provider checks. Always with a timeout (ms); tests pass a loopback stand-in. */
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  /**
   * Remember a value for this endpoint until `ttlSeconds` have passed. Resolves `true` the first time and `false` on
   * every repeat, on any replica (a unique index, not a question before an insert).
   */
  readonly once: (value: string, ttlSeconds: number) => Promise<boolean>;
  /** A 256-bit secret of this endpoint for one purpose (HKDF of its data key); stable over restarts and replicas. */
  readonly secret: (purpose: string) => Uint8Array;
}

/** An HTTP answer, for providers and browsers that want something else than the house's 202. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** `verify` found the request genuine. */
export interface Genuine {
  /**
   * The provider's id of this request (or the sender's idempotency key): a second delivery with the same value is the
   * same delivery. Scoped to the endpoint. Absent: every delivery is a new one.
   */
  readonly repeatKey?: string;
  /** What to answer once the delivery is committed. Absent: `202 {"delivery", "duplicate"}`. */
  readonly answer?: Answer;
}

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

/** One normalized event out of a delivery. */
export interface InboundEvent {
  /** The provider's id of this event; a repeat in another delivery is ignored as a duplicate. */
  readonly eventId?: string;
  readonly kind: 'form' | 'text' | 'call';
  readonly direction: 'inbound' | 'outbound';
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
  readonly fields?: readonly Field[];
  readonly attachments?: readonly Attachment[];
  readonly source?: Source;
  readonly consents?: readonly Consent[];
  /** Set when the event looks like a machine's or a test's doing. The house quarantines it with this reason. */
  readonly suspect?: string;
}

/** Why a delivery has nothing for us, shown in the ledger: `{ ignored: 'test ping' }`. */
export interface Nothing {
  readonly ignored: string;
}

/** Data with limits, each backed by code in the channel or the house. */
export interface Capabilities {
  /** Kinds of events this channel can produce. */
  readonly receives: readonly InboundEvent['kind'][];
  /** Hard limit of an inbound body in bytes; the house answers 413 above it. */
  readonly maxBodyBytes: number;
  /** Media types accepted without parameters; anything else is 415. Absent: any. */
  readonly mediaTypes?: readonly string[];
  /**
   * Browsers post here from other sites: the name of the setting (a list of origins) that CORS and the Origin check
   * follow. An empty list means any origin. Absent: no CORS headers at all.
   */
  readonly originsSetting?: string;
  /**
   * Requests a minute from one client address and on one endpoint, unless the endpoint says otherwise; 0: no limit.
   */
  readonly rate?: { readonly perAddressPerMinute: number; readonly perEndpointPerMinute: number };
}

/** What `.meta()` of a setting tells the admin's form. Titles without Russian are shown as they are. */
export interface SettingMeta {
  readonly title: string;
  readonly description?: string;
  readonly ru?: { readonly title: string; readonly description?: string };
  /** Never shown again once it is set. */
  readonly secret?: boolean;
  /** The section it stands in. Absent: above all sections. */
  readonly group?: 'form' | 'senders' | 'consent' | 'files' | 'protection' | 'advanced';
  /** Shown only while another setting, a choice, has one of these values. */
  readonly when?: { readonly setting: string; readonly is: readonly string[] };
  /** What people read instead of a choice's value. */
  readonly choiceTitles?: Readonly<Record<string, { readonly en: string; readonly ru: string }>>;
}

/** One `send`. The key makes a repeat harmless where the provider can deduplicate. */
export interface Outbound {
  readonly idempotencyKey: string;
  readonly to: ClaimedIdentity;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/**
 * A channel: at most nine members.
 *
 * @template Schema zod object of the endpoint's settings. Give every setting
 * `.meta({ title, description, ru: { title, description } })` and mark a secret with `secret: true`: the admin's form
 * in both languages, the validation and the masking all come from this one place ({@link SettingMeta} has the rest).
 */
export interface Channel<Schema extends z.ZodObject = z.ZodObject> {
  /** Path segment and database value: lower-case, stable for ever. */
  readonly id: string;
  readonly title: { readonly en: string; readonly ru: string };
  readonly settings: Schema;
  readonly capabilities: Capabilities;
  /**
   * Is this request genuine? Looks at the untouched bytes; compares secrets in constant time; may ask a provider.
   * Throws `Rejected`. Present exactly when the channel receives by webhook.
   */
  readonly verify?: (
    request: InboundRequest,
    endpoint: EndpointContext<z.output<Schema>>,
    tools: Tools,
  ) => Promise<Genuine> | Genuine;
  /**
   * Answers a GET on the endpoint's address: a provider's challenge, or the channel's own pages and scripts.
   * `undefined` means 404.
   */
  readonly handshake?: (
    request: InboundRequest,
    endpoint: EndpointContext<z.output<Schema>>,
    tools: Tools,
  ) => Promise<Answer | undefined> | Answer | undefined;
  /**
   * Pure: the events in these bytes. Throws `Malformed` to quarantine. An empty list or `Nothing` is *ignored with a
   * reason*. Runs at least once per delivery, on any replica, and again at every replay.
   */
  readonly parse: (
    request: InboundRequest,
    endpoint: EndpointContext<z.output<Schema>>,
  ) => Promise<readonly InboundEvent[] | Nothing> | readonly InboundEvent[] | Nothing;
  /**
   * Holds a socket or a cursor until `signal` aborts. Hands each raw request to `accept` and acknowledges upstream
   * only
   * after that promise resolved.
   */
  readonly listen?: (
    endpoint: EndpointContext<z.output<Schema>>,
    accept: (request: InboundRequest, repeatKey?: string) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Sends one message; throws `Later` or `Refused`. Resolves with the provider's id of the message. */
  readonly send?: (
    message: Outbound,
    endpoint: EndpointContext<z.output<Schema>>,
    signal: AbortSignal,
  ) => Promise<{ readonly providerId: string }>;
}

const MEMBERS = ['id', 'title', 'settings', 'capabilities', 'verify', 'handshake', 'parse', 'listen', 'send'];

/** Checks the shape once, at import, and freezes it: a wrong channel cannot start. */
export function defineChannel<Schema extends z.ZodObject>(channel: Channel<Schema>): Channel<Schema> {
  if (!/^[a-z][a-z0-9-]{1,30}$/.test(channel.id)) throw new Error(`channel id "${channel.id}" is not kebab-case`);
  const unknown = Object.keys(channel).filter((member) => !MEMBERS.includes(member));
  if (unknown.length > 0)
    throw new Error(`channel ${channel.id} has members that are not in the contract: ${unknown}`);
  if (channel.verify === undefined && channel.listen === undefined)
    throw new Error(`channel ${channel.id} neither receives by webhook nor listens`);
  return Object.freeze(channel);
}
