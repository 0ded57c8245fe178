/**
 * Calls: what providers tell about them, what they ask while one rings, what we may ask of them. Part of the contract;
 * channels import it from `channel.ts`.
 */
import type { Answer } from './channel.ts';
import type { ClaimedIdentity, Source } from './channel-events.ts';

/**
 * What one event of a telephony provider says about a call. The house keeps all facts of a call and derives its state
 * from the whole set, so that order, repeats and gaps do not matter. Nothing in it identifies the client: their number
 * is the sender's identity. Texts are clean and at most 200 characters.
 */
export interface CallFact {
  /**
   * ringing: the call exists, or somebody's phone rings. answered: a person of ours (or, on an outbound call, the
   * client) talks; never an IVR or a queue announcement. leg-ended: one phone stopped ringing or talking, the call may
   * go on. ended: the whole call is over. recorded: a recording is ready. noted: nothing that moves the state.
   */
  readonly happened: 'ringing' | 'answered' | 'held' | 'transferred' | 'leg-ended' | 'ended' | 'recorded' | 'noted';
  /** By the provider's clock. Absent: when it reached us. */
  readonly at?: Date;
  /** The provider's own counter, where two events may have the same time. */
  readonly order?: number;
  /** Absent: this event does not say. `internal`: between our own people. */
  readonly direction?: 'inbound' | 'outbound' | 'internal';
  /** Our number: the one that was dialled, or the one that we showed. */
  readonly line?: string;
  /** What the endpoint calls that number. */
  readonly lineTitle?: string;
  /** Who of ours this event is about, as the provider names them: an extension, a login, an employee's id. */
  readonly extension?: string;
  /** `transferred`: to whom. */
  readonly toExtension?: string;
  /** How the whole call went, where this event knows. The strongest one of all events counts. */
  readonly outcome?: CallOutcome;
  readonly startedAt?: Date;
  readonly answeredAt?: Date;
  readonly endedAt?: Date;
  /** The provider's own count, seconds, until somebody answered or the caller gave up. */
  readonly waitSeconds?: number;
  /** The provider's own count, seconds; 0 where nobody talked. */
  readonly talkSeconds?: number;
  /** The caller withheld their number: a request of somebody unknown. */
  readonly hiddenNumber?: true;
  /** The provider's reason in its own words or code. */
  readonly cause?: string;
}

/**
 * From the strongest to the weakest. `missed`: nobody answered in time. `cancelled`: the caller hung up before that.
 * `declined`: refused by the one who was called. `blocked`: the provider's black list.
 */
export type CallOutcome =
  | 'answered'
  | 'voicemail'
  | 'blocked'
  | 'declined'
  | 'busy'
  | 'missed'
  | 'cancelled'
  | 'failed';

/** "Who should get this call?", asked by a provider while it rings. */
export interface RoutingQuestion {
  /** `InboundEvent.eventId` of the call. */
  readonly callId: string;
  /** Absent: the number is hidden, or the provider does not tell it here. */
  readonly caller?: ClaimedIdentity;
  /** Our number that was dialled. */
  readonly line?: string;
  /** What the dialled number says about where the caller comes from. */
  readonly source?: Source;
  /** How long the house may think, ms, before the safe default is answered. */
  readonly withinMs: number;
  /**
   * The provider's own answer. `undefined`: the house was too slow or did not know, so the endpoint's safe default,
   * which never needs the database. Called exactly once, after the delivery is committed.
   */
  readonly reply: (route: CallRoute | undefined) => Answer;
  /** For providers that are told by an API call of ours instead; runs after the answer has gone, errors are logged. */
  readonly command?: (route: CallRoute | undefined) => Promise<void>;
}

/** Who should get a ringing call: at least one person, the best first. */
export interface CallRoute {
  readonly targets: readonly CallTarget[];
}

export interface CallTarget {
  /** As the provider names this person. */
  readonly extension: string;
  /** Where the provider should call, if not at the extension: an outside number, a SIP address. */
  readonly dial?: string;
}

/** How sure a channel can be that a request comes from its provider, from the strongest to the weakest. */
export type Authenticity = 'signed-fresh' | 'signed' | 'secret' | 'address';

/** Click-to-call: the provider rings our person first, then the client. */
export interface Dial {
  /** A UUID, the same for every attempt. */
  readonly idempotencyKey: string;
  /** Whose phone rings first. */
  readonly from: CallTarget;
  /** E.164. */
  readonly to: string;
}

export interface Dialled {
  /** The provider's id of the call, when it is the one that its events will have. */
  readonly callId?: string;
}
