/**
 * One telephony provider: what it sends, how it proves to be itself, what it can be asked. Adapters are small; the call
 * itself (states, duplicates, order, leads) is the house's work, see `CallFact` in `src/channel-calls.ts`.
 */
import type {
  Answer,
  Authenticity,
  CallFact,
  Dial,
  Dialled,
  EndpointContext,
  Genuine,
  InboundRequest,
  ListenTools,
  Nothing,
  RemoteFile,
  Tools,
} from '../../src/channel.ts';
import type { Provider, TelephonySettings } from './settings.ts';

export type Endpoint = EndpointContext<TelephonySettings>;

/** What one event says, in the adapter's words: everything as it was received, `call-event.ts` cleans it. */
export interface HeardCall {
  /** The provider's id of the whole call, the same in all of its events and legs. */
  readonly callId: string;
  /**
   * The number at the other end, in any spelling (`+7999…`, `7999…`, `sip:7999…@host`). `''` or a word such as
   * `anonymous`: it is hidden. Absent: this event does not say who it is.
   */
  readonly client?: string;
  /** The number has its country code, with or without a plus. Else the endpoint's country is supposed. */
  readonly international?: boolean;
  /** The client's name, where the provider knows one (an address book, CNAM). */
  readonly name?: string;
  readonly fact: CallFact;
  readonly recordings?: readonly RemoteFile[];
}

/** A request that could have come from the provider, for the house's own test. */
export interface TestRequest {
  readonly method: string;
  /** After the endpoint's address: `''`, `/events/call`, `?event=1`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Adapter {
  readonly id: Provider;
  readonly trust: Authenticity;
  /** Absent: nothing is received by webhook, only by `listen`. @throws Rejected */
  readonly verify?: (request: InboundRequest, endpoint: Endpoint, tools: Tools) => Promise<Genuine> | Genuine;
  /** A GET that is a challenge. `undefined`: it is none, and goes on to `verify`. */
  readonly handshake?: (request: InboundRequest, endpoint: Endpoint) => Answer | undefined;
  /** Pure. @throws Malformed */
  readonly parse: (request: InboundRequest, endpoint: Endpoint) => readonly HeardCall[] | Nothing;
  /** Downloads a recording that `parse` named. @throws Later, Refused */
  readonly fetch?: (file: RemoteFile, endpoint: Endpoint, tools: Tools, signal: AbortSignal) => Promise<Uint8Array>;
  /** @throws Refused */
  readonly dial?: (call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal) => Promise<Dialled>;
  readonly listen?: (endpoint: Endpoint, tools: ListenTools, signal: AbortSignal) => Promise<void>;
  /** Genuine requests that together are one missed call of `client`; `callId` makes it a call of its own. */
  readonly test?: (endpoint: Endpoint, call: TestCall) => readonly TestRequest[];
}

export interface TestCall {
  readonly callId: string;
  /** E.164. */
  readonly client: string;
  readonly at: Date;
}
