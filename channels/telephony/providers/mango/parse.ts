import type { CallFact, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { HeardCall } from '../../adapter.ts';
import { type Loose, lookUp, number, optional, part, string, unixSeconds } from '../../loose.ts';
import { summaryOf } from './summary.ts';
import { eventOf, kindOf, pathOf } from './verify.ts';

export function parse(request: InboundRequest): readonly HeardCall[] | Nothing {
  const kind = kindOf(request);
  if (kind === 'other') return { ignored: ignoredPath(pathOf(request)) };
  const event = eventOf(request);
  const callId = string(event.entry_id);
  if (callId === '') throw new Malformed('"entry_id" is missing.');
  if (kind === 'summary') return [summaryOf(callId, event)];
  if (kind === 'recording' || kind === 'added') return recordingOf(callId, event, kind === 'added');
  return [legOf(callId, event)];
}

function ignoredPath(path: string): string {
  if (path === '/ping') return 'a test of the connection';
  if (path === '/events/dtmf') return 'a key that the caller pressed';
  if (path === '/events/sms') return 'news of an SMS';
  if (path.startsWith('/result/')) return `the result of a command: ${path.slice(8, 60)}`;
  return `nothing about a call: ${path.slice(0, 60) || 'no path'}`;
}

const STATES: Readonly<Record<string, CallFact['happened']>> = {
  Appeared: 'ringing',
  Connected: 'answered',
  OnHold: 'held',
  Disconnected: 'leg-ended',
};

/** One leg of the call. `seq` counts within the leg. */
function legOf(callId: string, event: Loose): HeardCall {
  const state = string(event.call_state);
  const happened = lookUp(STATES, state);
  if (happened === undefined) throw new Malformed('"call_state" is none that is known.');
  const { client, ...sides } = sidesOf(event);
  const fact = {
    happened: happenedAt(event, happened),
    at: unixSeconds(event.timestamp),
    order: number(event.seq),
    ...sides,
    cause: happened === 'leg-ended' ? optional(event.disconnect_reason) : undefined,
  };
  return { callId, ...(client === undefined ? {} : { client, international: true }), fact: fact as CallFact };
}

/** A menu or a queue that picks up is not an answer, and neither is our own person's leg of a callback. */
function happenedAt(event: Loose, happened: CallFact['happened']): CallFact['happened'] {
  if (string(event.location) !== 'abonent') return happened === 'ringing' ? 'ringing' : 'noted';
  const callback = string(event.callback_initiator) !== '' && string(part(event, 'from').extension) === '';
  return callback && happened === 'answered' ? 'noted' : happened;
}

interface Sides {
  readonly client?: string | undefined;
  readonly direction?: CallFact['direction'] | undefined;
  readonly line?: string | undefined;
  readonly extension?: string | undefined;
}

/**
 * Who is who in a leg. Between two of our own it may be a transfer of a client's call: then the leg does not say where
 * the call came from, the summary does.
 */
function sidesOf(event: Loose): Sides {
  const from = part(event, 'from');
  const to = part(event, 'to');
  const caller = optional(from.extension);
  const called = optional(to.extension);
  if (caller !== undefined && called !== undefined) return { extension: called };
  if (caller !== undefined)
    return {
      client: optional(to.number),
      direction: 'outbound',
      line: optional(to.line_number),
      extension: caller,
    };
  // A callback rings our own person first, and names the client where it likes.
  if (string(event.callback_initiator) !== '') return { extension: called };
  const inside = string(event.location) === 'abonent';
  return {
    client: from.number === undefined ? undefined : string(from.number),
    direction: 'inbound',
    line: optional(to.line_number) ?? (inside ? undefined : optional(to.number)),
    // Without an extension an outside number was rung for us.
    extension: called ?? (inside ? optional(to.number) : undefined),
  };
}

/** `Completed` says how it went, `added` that the file lies in Mango's storage. */
function recordingOf(callId: string, event: Loose, added: boolean): readonly HeardCall[] | Nothing {
  const state = string(event.recording_state);
  const code = string(event.completion_code);
  if (!added && state !== 'Completed') return { ignored: `a recording in the making: ${state.slice(0, 40)}` };
  if (!added && code !== '' && code !== '1000')
    return { ignored: `a recording that was not made: ${code.slice(0, 40)}` };
  if (!added && string(event.recipient) === 'Mail') return { ignored: 'a recording that Mango only mails' };
  // Newer accounts write the id in brackets.
  const id = string(event.recording_id).replace(/^\[|\]$/g, '');
  if (id === '') throw new Malformed('"recording_id" is missing.');
  const fact = { happened: 'recorded', at: unixSeconds(event.timestamp), extension: optional(event.extension) };
  return [{ callId, fact: fact as CallFact, recordings: [fileOf(id)] }];
}

const fileOf = (recording: string): RemoteFile => ({
  name: `${recording.replaceAll(/[^\w.-]/g, '_').slice(0, 80)}.mp3`,
  mediaType: 'audio/mpeg',
  ref: { recording },
});
