/** One ARI event with what was noted beside it (`inlet`), or one of those that `snapshot.ts` made. */
import type { CallFact, CallOutcome, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { isoTime, jsonObject, type Loose, number, optional, part, string, textOf } from '../../loose.ts';
import { dialled, phoneOf } from './read-channel.ts';

type Said = Partial<CallFact> & Pick<CallFact, 'happened'>;

const OUTCOMES = new Set<string>([
  'answered',
  'voicemail',
  'declined',
  'busy',
  'missed',
  'cancelled',
  'failed',
] satisfies CallOutcome[]);

/** How a Dial of ours to the client ended. Of an inbound call it is only one phone of several. */
const DIALLED: ReadonlyMap<string, CallOutcome> = new Map(
  Object.entries({
    NOANSWER: 'missed',
    BUSY: 'busy',
    CANCEL: 'cancelled',
    CONGESTION: 'failed',
    CHANUNAVAIL: 'failed',
  }),
);

export function parse(request: InboundRequest, { settings }: Endpoint): readonly HeardCall[] | Nothing {
  const event = jsonObject(textOf(request.body));
  const beside = part(event, 'inlet');
  const callId = string(beside.call);
  if (callId === '') return { ignored: 'an event that belongs to no call' };
  const said = read(event, beside, settings.internalDigits);
  if (said === undefined) return { ignored: `an event of the kind ${string(event.type).slice(0, 60) || 'unknown'}` };
  const direction = string(beside.direction);
  const at = said.at ?? isoTime(event.timestamp);
  const line = optional(beside.line);
  const recording = said.happened === 'recorded' ? recordingOf(part(event, 'recording')) : undefined;
  return [
    {
      callId,
      ...(typeof beside.client === 'string' ? { client: beside.client } : {}),
      ...(optional(beside.name) === undefined ? {} : { name: string(beside.name) }),
      fact: {
        ...said,
        ...(at === undefined ? {} : { at }),
        ...(direction === 'inbound' || direction === 'outbound' || direction === 'internal' ? { direction } : {}),
        ...(line === undefined ? {} : { line }),
      },
      ...(recording === undefined ? {} : { recordings: [recording] }),
    },
  ];
}

function read(event: Loose, beside: Loose, digits: number): Said | undefined {
  const channel = part(event, 'channel');
  const startedAt = isoTime(channel.creationtime);
  const started = startedAt === undefined ? {} : { startedAt };
  switch (string(event.type)) {
    case 'ChannelCreated':
    case 'ChannelStateChange':
      return { happened: 'ringing', ...started };
    case 'InletSeen':
      return { happened: 'ringing', ...started, ...(startedAt === undefined ? {} : { at: startedAt }) };
    case 'InletTalking':
      return { happened: 'answered', ...who(phoneOf(channel, digits)) };
    case 'Dial':
      return readDial(event, beside, digits);
    case 'ChannelHold':
      return { happened: 'held', ...who(phoneOf(channel, digits)) };
    case 'BridgeBlindTransfer':
      if (!/^success$/i.test(string(event.result))) return undefined;
      return { happened: 'transferred', ...who(phoneOf(channel, digits)), ...toWhom(optional(event.exten)) };
    case 'BridgeAttendedTransfer':
      if (!/^success$/i.test(string(event.result))) return undefined;
      return {
        happened: 'transferred',
        ...who(phoneOf(part(event, 'transferer_first_leg'), digits)),
        ...toWhom(phoneOf(part(event, 'transfer_target'), digits)),
      };
    case 'ChannelDestroyed':
    case 'InletGone':
      return readEnd(event, beside);
    case 'RecordingFinished':
      return isRecordingName(string(part(event, 'recording').name)) ? { happened: 'recorded' } : undefined;
    default:
      return undefined;
  }
}

function readDial(event: Loose, beside: Loose, digits: number): Said | undefined {
  const status = string(event.dialstatus);
  const caller = phoneOf(part(event, 'caller'), digits);
  const to = part(beside, 'to');
  const known = { extension: optional(to.extension), number: optional(to.number) };
  const isKnown = known.extension !== undefined || known.number !== undefined;
  const { extension, number: outside } = isKnown ? known : dialled(event, digits);
  // An outside number that is rung on an inbound call is the mobile phone of one of ours.
  const own = optional(beside.own);
  const ours = extension ?? caller ?? own ?? (string(beside.direction) === 'inbound' ? outside : undefined);
  if (status === '') return { happened: 'ringing', ...who(ours) };
  if (status === 'ANSWER') return { happened: 'answered', ...who(ours) };
  if (/^(?:RINGING|PROGRESS|PROCEEDING)$/.test(status)) return undefined;
  const outcome = string(beside.direction) === 'outbound' && extension === undefined ? DIALLED.get(status) : undefined;
  return {
    happened: 'leg-ended',
    ...who(ours),
    cause: status,
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function readEnd(event: Loose, beside: Loose): Said | undefined {
  if (beside.ended !== true) return undefined;
  const outcome = string(beside.outcome);
  const cause = optional(event.cause_txt) ?? optional(event.cause);
  return {
    happened: 'ended',
    ...(OUTCOMES.has(outcome) ? { outcome: outcome as CallOutcome } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}

const who = (extension: string | undefined): Partial<CallFact> => (extension === undefined ? {} : { extension });
const toWhom = (toExtension: string | undefined): Partial<CallFact> =>
  toExtension === undefined ? {} : { toExtension };

/** It becomes a part of an address of ours. */
export const isRecordingName = (name: string): boolean => /^[\p{L}\p{N} .,@+=~_/-]{1,300}$/u.test(name);

const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ mp3: 'audio/mpeg', ogg: 'audio/ogg', wav: 'audio/wav' }),
);

function recordingOf(recording: Loose): RemoteFile {
  const name = string(recording.name);
  const format = string(recording.format).toLowerCase();
  // wav49 and gsm are what they say; a browser may not play them.
  const mediaType = TYPES.get(format) ?? (format.startsWith('wav') ? 'audio/wav' : 'application/octet-stream');
  const seconds = number(recording.duration);
  const file = `${name.split('/').at(-1) || 'recording'}${/^\w{2,5}$/.test(format) ? `.${format}` : ''}`;
  return { name: file, mediaType, ref: { recording: name, ...(seconds === undefined ? {} : { seconds }) } };
}
