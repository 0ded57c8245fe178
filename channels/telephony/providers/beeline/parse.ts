import type { CallFact, CallOutcome, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { type Found, factFrom } from '../../fact-from.ts';
import { textOf as bodyText, isoTime, type Loose, lookUp, number, part } from '../../loose.ts';
import { bareNumber } from '../../numbers.ts';
import { russianNumber } from '../../russian-number.ts';
import { lastAddress, localName, readEvent, textOf } from './read-xml.ts';

const HAPPENED: Readonly<Record<string, CallFact['happened']>> = {
  CallOriginatedEvent: 'ringing',
  CallReceivedEvent: 'ringing',
  CallAnsweredEvent: 'answered',
  CallHeldEvent: 'held',
  CallRetrievedEvent: 'answered',
  CallTransferredEvent: 'transferred',
  CallReleasedEvent: 'ended',
};

const CAUSES: Readonly<Record<string, CallOutcome>> = {
  busy: 'busy',
  'temporarily unavailable': 'missed',
  forbidden: 'failed',
};

/** What one event says, taken apart once. */
interface Heard {
  readonly type: string;
  readonly call: Loose;
  readonly remote: Loose;
  readonly personality: string;
  /** Between two of our own people. */
  readonly isInternal: boolean;
  /** `9650000001@mpbx.example`: whose phone it is. */
  readonly target: string;
}

export function parse(request: InboundRequest, endpoint: Endpoint): readonly HeardCall[] | Nothing {
  const event = readEvent(bodyText(request.body));
  const data = part(event, 'eventData');
  const type = localName(textOf(data, '@type'));
  const happened = lookUp(HAPPENED, type);
  if (happened === undefined) return { ignored: ignoredReason(type) };
  const call = Object.keys(part(data, 'call')).length > 0 ? part(data, 'call') : data;
  // All legs of a call have the same tracking id; the call id is the leg's.
  const callId = textOf(call, 'extTrackingId') || textOf(call, 'callId');
  if (callId === '') throw new Malformed('The event names no call.');
  const remote = part(call, 'remoteParty');
  const heard: Heard = {
    type,
    call,
    remote,
    personality: textOf(call, 'personality'),
    isInternal: /^(?:group|enterprise)$/i.test(textOf(remote, 'callType')),
    target: textOf(event, 'targetId') || textOf(event, 'userId'),
  };
  const client = clientOf(heard);
  const name = heard.isInternal ? '' : textOf(remote, 'name');
  const recording = recordingOf(heard, callId, endpoint);
  return [
    {
      callId,
      ...(client === undefined ? {} : { client }),
      international: true,
      ...(name === '' ? {} : { name }),
      fact: factOf(heard, happened, number(textOf(event, 'sequenceNumber'))),
      ...(recording === undefined ? {} : { recordings: [recording] }),
    },
  ];
}

function ignoredReason(type: string): string {
  if (type === 'SubscriptionTerminatedEvent') return 'the subscription has ended; it is watched and made anew';
  if (type === '' || !/^[A-Za-z]{1,60}$/.test(type)) return 'an event of a kind that is not known';
  return `${type}: nothing that moves a call`;
}

function clientOf({ call, remote, isInternal }: Heard): string | undefined {
  if (isInternal) return undefined;
  const address = textOf(remote, 'address');
  if (address !== '') return russianNumber(address);
  // Nobody there is not the same as somebody who hides.
  const isHidden = textOf(remote, 'privacy') !== '' || 'remoteParty' in call;
  return isHidden ? '' : undefined;
}

function directionOf({ personality, isInternal, type }: Heard): CallFact['direction'] {
  if (isInternal) return 'internal';
  if (/^terminator$/i.test(personality) || type === 'CallReceivedEvent') return 'inbound';
  return personality !== '' || type === 'CallOriginatedEvent' ? 'outbound' : undefined;
}

function factOf(heard: Heard, happened: CallFact['happened'], order: number | undefined): CallFact {
  const { call, target } = heard;
  const startedAt = timeOf(textOf(call, 'startTime'));
  const answeredAt = timeOf(textOf(call, 'answerTime'));
  const releasedAt = timeOf(textOf(call, 'releaseTime'));
  const direction = directionOf(heard);
  const line = direction === 'inbound' ? lastAddress(call.redirections) : '';
  const known = {
    happened,
    order,
    direction,
    line: line === '' ? undefined : bareNumber(line),
    extension: bareNumber(target) || undefined,
    startedAt,
    answeredAt,
  };
  if (heard.type === 'CallReleasedEvent') return endOf(heard, known, releasedAt);
  // Click-to-dial rings our own person first: that they picked up is no answer of the client.
  if (heard.type === 'CallAnsweredEvent' && /click/i.test(heard.personality))
    return factFrom({ ...known, happened: 'noted', answeredAt: undefined });
  const at = heard.type === 'CallAnsweredEvent' ? answeredAt : known.happened === 'ringing' ? startedAt : undefined;
  return factFrom({ ...known, at });
}

function endOf(heard: Heard, known: Found, endedAt: Date | undefined): CallFact {
  const { startedAt, answeredAt } = known;
  const cause = textOf(heard.call, 'internalReleaseCause') || textOf(heard.call, 'cdrTerminationCause');
  // One phone of a hunt group that did not take the call: another one may.
  if (textOf(heard.call, 'huntGroupUserId') !== '' && answeredAt === undefined)
    return factFrom({ ...known, happened: 'leg-ended', at: endedAt, cause: cause || undefined });
  return factFrom({
    ...known,
    at: endedAt,
    outcome: answeredAt === undefined ? unanswered(heard, cause) : 'answered',
    endedAt,
    waitSeconds: secondsBetween(startedAt, answeredAt ?? endedAt),
    talkSeconds: answeredAt === undefined ? 0 : secondsBetween(answeredAt, endedAt),
    cause: cause || undefined,
  });
}

function unanswered({ personality, call }: Heard, cause: string): CallOutcome {
  const told = lookUp(CAUSES, cause.toLowerCase());
  if (told !== undefined) return told;
  // On a call of ours the local side is our own person, who gave up.
  const gaveUp = !/^terminator$/i.test(personality) && textOf(call, 'releasingParty') === 'localRelease';
  return gaveUp ? 'cancelled' : 'missed';
}

/** Milliseconds since 1970, or ISO 8601. */
function timeOf(text: string): Date | undefined {
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) return isoTime(text);
  const ms = Number(text);
  return ms > 0 && ms < 4_102_444_800_000 ? new Date(ms) : undefined;
}

const secondsBetween = (from: Date | undefined, to: Date | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : (to.getTime() - from.getTime()) / 1000;

/** Named by the call and the person; downloaded with the token, so without one there is no use in naming it. */
function recordingOf({ type, call, target }: Heard, callId: string, { settings }: Endpoint): RemoteFile | undefined {
  const isRecorded = textOf(call, 'recorded') === 'true' && textOf(call, 'recordingState') !== 'Failed';
  if (type !== 'CallReleasedEvent' || !isRecorded || textOf(call, 'answerTime') === '') return undefined;
  if (settings.beelineApiToken === undefined || target === '' || textOf(call, 'extTrackingId') === '')
    return undefined;
  const path = [callId, target].map(encodeURIComponent).join('/');
  const url = `${settings.beelineApiRoot}/apis/portal/v2/records/${path}/download`;
  return { name: callId.replaceAll(/[^\w.-]/g, '_').slice(0, 80), mediaType: 'audio/mpeg', ref: { url } };
}
