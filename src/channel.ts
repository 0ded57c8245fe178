/**
 * The contract between the house and a channel.
 *
 * A channel is one plain object made with {@link defineChannel}. It knows one provider's protocol and nothing of the
 * database, the lead or the screen. It imports this file, `errors.ts` and its own SDK; never `src/db`, never another
 * channel. What `parse` may find is described in `channel-events.ts`. Absence declares: a channel that cannot send has
 * no `send`, a channel that only listens has no `verify`.
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
import type { Authenticity, Dial, Dialled, RoutingQuestion } from './channel-calls.ts';
import type {
  Attachment,
  ClaimedIdentity,
  IdentityKind,
  InboundEvent,
  ParsedEvent,
  Reach,
  RemoteFile,
} from './channel-events.ts';

export type * from './channel-calls.ts';
export type * from './channel-events.ts';
export { isMessage } from './channel-events.ts';
export { cleanFileName, cleanLine, cleanText, cutText } from './channel-text.ts';

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
  /** A call rings and the provider waits to be told where it should go. Takes the place of `answer`. */
  readonly asks?: RoutingQuestion;
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
   * The name of the setting that holds the mail address of the endpoint: mail that the edge receives for it is taken as
   * a post of `message/rfc822`.
   */
  readonly mailboxSetting?: string;
  /**
   * Requests a minute from one client address and on one endpoint, unless the endpoint says otherwise; 0: no limit.
   */
  readonly rate?: { readonly perAddressPerMinute: number; readonly perEndpointPerMinute: number };
  /** Present exactly when there is a `send`. */
  readonly sends?: Sends;
  /** A GET on the endpoint's address that `handshake` does not answer is a delivery as well. */
  readonly takesGets?: true;
  /** The provider appends paths of its own to the endpoint's address: `/events/call`. */
  readonly takesPaths?: true;
  /** The name of the setting (a list of addresses and networks) that requests must come from, unless it is empty. */
  readonly addressesSetting?: string;
  /** The name of the setting that says for how many days recordings of calls are kept. */
  readonly recordingDaysSetting?: string;
  /** How genuine a request can be, by the value of a setting (a choice). Shown on the endpoint's page. */
  readonly authenticity?: { readonly setting: string; readonly of: Readonly<Record<string, Authenticity>> };
  /** The values of a setting (a choice) with which `listen` has something to hold. Absent: always. */
  readonly listensWhen?: { readonly setting: string; readonly is: readonly string[] };
  /** Present exactly when there is a `dial`: the values of a setting (a choice) with which it works. */
  readonly dials?: { readonly setting: string; readonly is: readonly string[] };
  /** Present exactly when there is a `fetch`. */
  readonly fetches?: { readonly maxBytes: number };
}

/** What `send` can do. The house checks these before it queues a message. */
export interface Sends {
  readonly maxTextChars: number;
  readonly files?: { readonly maxCount: number; readonly maxBytes: number };
  /** Can answer one message in particular. */
  readonly quotes: boolean;
  readonly subject: boolean;
  /**
   * Two calls with the same idempotency key give the client one message. Otherwise a call whose outcome is not known
   * ends in the state *unknown*, and a person decides.
   */
  readonly repeatable: boolean;
  /** Only the process that runs `listen` for the endpoint has the connection to send through. */
  readonly byListener?: true;
  /** Free text only for so many hours after the client's last message; later only the provider's own templates. */
  readonly windowHours?: number;
  /**
   * The setting (a list) that holds the provider's approved templates as `{name, language, text}`; `{{1}}` in the
   * text are its variables.
   */
  readonly templatesSetting?: string;
  /** Identity kinds that may be written to first, without a conversation: e-mail yes, a bot no. */
  readonly first?: readonly IdentityKind[];
}

/** What `.meta()` of a setting tells the admin's form. Titles without Russian are shown as they are. */
export interface SettingMeta {
  readonly title: string;
  readonly description?: string;
  readonly ru?: { readonly title: string; readonly description?: string };
  /** Never shown again once it is set. */
  readonly secret?: boolean;
  /** The section it stands in. Absent: above all sections. */
  readonly group?:
    | 'form'
    | 'account'
    | 'receiving'
    | 'sending'
    | 'senders'
    | 'calls'
    | 'recordings'
    | 'consent'
    | 'files'
    | 'protection'
    | 'advanced';
  /** Shown only while another setting, a choice, has one of these values. */
  readonly when?: { readonly setting: string; readonly is: readonly string[] };
  /** What people read instead of a choice's value. */
  readonly choiceTitles?: Readonly<Record<string, { readonly en: string; readonly ru: string }>>;
}

/** One `send`. The key makes a repeat harmless where the provider can deduplicate. */
export interface Outbound {
  /** A UUID; the same for every attempt at this message. */
  readonly idempotencyKey: string;
  /** Whom: from the conversation's newest `InboundEvent.reach`, or the identity alone when we write first. */
  readonly to: { readonly identity?: ClaimedIdentity; readonly reach?: Reach };
  readonly text: string;
  readonly subject?: string;
  /** The provider's id of the message that is answered. */
  readonly quotes?: string;
  /** A template that the provider has approved, with its variables in order; `text` is what it will read like. */
  readonly template?: { readonly name: string; readonly language: string; readonly variables: readonly string[] };
  /** The client is asked for their phone, with the provider's own button where it has one. */
  readonly ask?: 'phone';
  readonly attachments: readonly Attachment[];
  /** Who writes, for signatures. */
  readonly author?: string;
  /** 1 at the first call. */
  readonly attempt: number;
}

export interface Sent {
  /** The provider's id, the same that its receipts and echoes name. */
  readonly providerId: string;
  /** Ids of further pieces, where one message had to be sent as several. */
  readonly moreIds?: readonly string[];
}

/** How a listener is doing, for the endpoint's page and /metrics. Words for people, no secrets, no client's data. */
export interface Health {
  readonly state: 'connecting' | 'connected' | 'waiting' | 'needs-human';
  /** The account: `@inlet_bot`, `sales@example.com`. */
  readonly as?: string;
  /** One plain sentence: what is wrong and what to do. */
  readonly detail?: string;
  readonly retryAt?: Date;
  /** Shown to an admin on the endpoint's page, and forgotten when the state changes. */
  readonly pairing?: { readonly qr?: string; readonly code?: string };
}

/** One raw request as a listener hands it in; what a webhook would have brought. */
export interface Heard {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** When it reached the provider, if known. */
  readonly receivedAt?: Date;
}

/**
 * What the house lends to `listen`. Everything that writes does so under this listener's lease: once another process
 * has taken over, each of these rejects and the signal aborts, however long this process was frozen.
 */
export interface ListenTools extends Tools {
  /**
   * Resolves after the delivery is committed: acknowledge upstream (offset, cursor) only then. May be called many
   * times at once. A repeat of the same key is harmless.
   */
  readonly accept: (heard: Heard, repeatKey?: string) => Promise<{ readonly duplicate: boolean }>;
  /** Cursors and sessions of this endpoint, sealed at rest; names of at most 500 characters. */
  readonly state: {
    /** Only the names that exist. */
    readonly get: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>;
    /** All or nothing, durable once it resolves; `null` deletes. */
    readonly set: (values: Readonly<Record<string, string | null>>) => Promise<void>;
    /** Forgets everything, e.g. after a log-out. */
    readonly clear: () => Promise<void>;
  };
  readonly report: (health: Health) => void;
  readonly log: (event: string, fields?: Readonly<Record<string, string | number | boolean>>) => void;
}

/**
 * A channel: at most twelve members (docs/decisions/0016).
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
  ) => Promise<readonly ParsedEvent[] | Nothing> | readonly ParsedEvent[] | Nothing;
  /**
   * Holds a socket or a cursor until `signal` aborts, then resolves. Hands each raw request to `accept` and
   * acknowledges upstream only after that promise resolved. Reports its health. Reconnects by itself where the protocol
   * has its own rules for that; when it rejects, the house starts it again with back-off. What it must never do is
   * resolve early: that counts as a failure too, except after a report of `needs-human`.
   */
  readonly listen?: (
    endpoint: EndpointContext<z.output<Schema>>,
    tools: ListenTools,
    signal: AbortSignal,
  ) => Promise<void>;
  /**
   * Sends one message. Throws `Later` (nothing was sent; come back) or `Refused` (never will be; the message says why
   * in plain words). Anything else that is thrown means *the outcome is not known* (see `Sends.repeatable`).
   */
  readonly send?: (
    message: Outbound,
    endpoint: EndpointContext<z.output<Schema>>,
    tools: Tools,
    signal: AbortSignal,
  ) => Promise<Sent>;
  /**
   * Downloads a file that `parse` named. Throws `Later`, or `Refused` when it is gone. Anything else is retried. The
   * bytes are never more than `capabilities.fetches.maxBytes`.
   */
  readonly fetch?: (
    file: RemoteFile,
    endpoint: EndpointContext<z.output<Schema>>,
    tools: Tools,
    signal: AbortSignal,
  ) => Promise<Uint8Array>;
  /**
   * Has the provider ring our person and then the client. Once: the house never repeats it by itself. Throws `Refused`
   * with a sentence for the person who clicked; anything else means *the outcome is not known*.
   */
  readonly dial?: (
    call: Dial,
    endpoint: EndpointContext<z.output<Schema>>,
    tools: Tools,
    signal: AbortSignal,
  ) => Promise<Dialled>;
  /** What could have come from the provider, for "does it work?". Absent: only a real message can tell. */
  readonly test?: (endpoint: EndpointContext<z.output<Schema>>, trial: Trial) => TrialRequests;
}

/** Whom a test is about: nobody, and a person can tell. */
export interface Trial {
  /** New for each test. */
  readonly id: string;
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  readonly email: string;
  readonly at: Date;
}

export interface TrialRequests {
  /** Genuine to `verify`; together one request of a client. */
  readonly requests: readonly InboundRequest[];
  /** Why `verify` cannot be asked about them: no command can prove to be a person. */
  readonly unverifiable?: string;
}

const MEMBERS = [
  'id',
  'title',
  'settings',
  'capabilities',
  'verify',
  'handshake',
  'parse',
  'listen',
  'send',
  'fetch',
  'dial',
  'test',
];

/** Checks the shape once, at import, and freezes it: a wrong channel cannot start. */
export function defineChannel<Schema extends z.ZodObject>(channel: Channel<Schema>): Channel<Schema> {
  if (!/^[a-z][a-z0-9-]{1,30}$/.test(channel.id)) throw new Error(`channel id "${channel.id}" is not kebab-case`);
  const unknown = Object.keys(channel).filter((member) => !MEMBERS.includes(member));
  if (unknown.length > 0)
    throw new Error(`channel ${channel.id} has members that are not in the contract: ${unknown}`);
  if (channel.verify === undefined && channel.listen === undefined)
    throw new Error(`channel ${channel.id} neither receives by webhook nor listens`);
  if ((channel.send === undefined) !== (channel.capabilities.sends === undefined))
    throw new Error(`channel ${channel.id}: send and capabilities.sends belong together`);
  if ((channel.fetch === undefined) !== (channel.capabilities.fetches === undefined))
    throw new Error(`channel ${channel.id}: fetch and capabilities.fetches belong together`);
  if ((channel.dial === undefined) !== (channel.capabilities.dials === undefined))
    throw new Error(`channel ${channel.id}: dial and capabilities.dials belong together`);
  return Object.freeze(channel);
}
