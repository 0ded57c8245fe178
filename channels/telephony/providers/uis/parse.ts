import type { CallFact, CallOutcome, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { recordingFrom } from '../../download.ts';
import { factFrom } from '../../fact-from.ts';
import { isoTime, type Loose, localTime, number, unixSeconds } from '../../loose.ts';
import { bare, fieldsOf } from './fields.ts';

type Kind =
  | 'incoming'
  | 'outgoing'
  | 'waiting'
  | 'talk-started'
  | 'talk-ended'
  | 'ended'
  | 'lost'
  | 'recorded'
  | 'transferred';

/**
 * What a notification is called: by our template, by its mnemonic, or by its name in the cabinet's language. The first
 * that fits; the mnemonics are published nowhere.
 */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/lost|потерян/, 'lost'],
  [/record|записан|запись/, 'recorded'],
  [/transfer|перевод|перевед/, 'transferred'],
  [/talk[^a-z]?(?:finish|end)|(?:завершение|окончание|конец) разговора/, 'talk-ended'],
  [/talk[^a-z]?start|начало разговора|call_connected/, 'talk-started'],
  [/^ended$|(?:call|session)[^a-z]?(?:finish|end)|(?:завершение|окончание) звонка/, 'ended'],
  [/wait|ожидание ответа/, 'waiting'],
  [/^out|исходящ/, 'outgoing'],
  [/^in(?:coming|bound|_)|входящ/, 'incoming'],
];

const HAPPENED: Readonly<Record<Kind, CallFact['happened']>> = {
  incoming: 'ringing',
  outgoing: 'ringing',
  waiting: 'ringing',
  'talk-started': 'answered',
  'talk-ended': 'leg-ended',
  ended: 'ended',
  lost: 'ended',
  recorded: 'recorded',
  transferred: 'transferred',
};

/** A scheme asks where to go on. */
export const isQuestion = (fields: Loose): boolean =>
  kindOf(fields) === undefined && (fields.numa !== undefined || fields.numb !== undefined);

export function parse(request: InboundRequest, endpoint: Endpoint): readonly HeardCall[] | Nothing {
  const fields = fieldsOf(request);
  const callId = bare(fields.call_session_id);
  if (isQuestion(fields)) {
    // `cdr_id` is not known to be the id of the notifications: it would make a second call.
    if (callId === '') return { ignored: 'a question of a scheme; the call itself comes with its notifications' };
    const fact = factFrom({ happened: 'ringing', direction: 'inbound', line: bare(fields.numb) || undefined });
    return [
      { callId, ...(fields.numa === undefined ? {} : { client: bare(fields.numa) }), international: true, fact },
    ];
  }
  const kind = kindOf(fields);
  if (kind === undefined) return { ignored: 'a notification of a kind that is not known' };
  if (callId === '') throw new Malformed('"call_session_id" is missing.');
  const client = clientOf(fields, kind);
  const name = bare(fields.contact_full_name);
  const recording = kind === 'recorded' ? recordingOf(fields, callId) : undefined;
  return [
    {
      callId,
      ...(client === undefined ? {} : { client }),
      international: true,
      ...(name === '' ? {} : { name }),
      fact: factOf(fields, kind, endpoint),
      ...(recording === undefined ? {} : { recordings: [recording] }),
    },
  ];
}

function kindOf(fields: Loose): Kind | undefined {
  const names = [fields.event, fields.notification_mnemonic, fields.notification_name];
  for (const name of names) {
    const text = bare(name).slice(0, 100).toLowerCase();
    const found = text === '' ? undefined : KINDS.find(([pattern]) => pattern.test(text));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

/** Nothing in the placeholder means hidden only where the call itself is told; elsewhere it may just not be filled. */
function clientOf(fields: Loose, kind: Kind): string | undefined {
  if (fields.contact_phone_number === undefined) {
    const outside =
      directionOf(fields, kind) === 'outbound' ? fields.called_phone_number : fields.calling_phone_number;
    return bare(outside) || undefined;
  }
  const text = bare(fields.contact_phone_number);
  return text === '' && kind !== 'incoming' && kind !== 'lost' ? undefined : text;
}

function directionOf(fields: Loose, kind: Kind): CallFact['direction'] {
  if (kind === 'incoming' || kind === 'lost') return 'inbound';
  if (kind === 'outgoing') return 'outbound';
  const text = bare(fields.direction).toLowerCase();
  return text === 'in' ? 'inbound' : text === 'out' ? 'outbound' : undefined;
}

function factOf(fields: Loose, kind: Kind, { settings }: Endpoint): CallFact {
  const isOver = kind === 'ended' || kind === 'lost';
  const at = timeOf(fields.notification_time, settings.timeZone);
  const outcome = isOver ? outcomeOf(fields, kind) : undefined;
  const unanswered = outcome !== undefined && outcome !== 'answered';
  return factFrom({
    happened: HAPPENED[kind],
    at,
    direction: directionOf(fields, kind),
    line: bare(fields.virtual_phone_number) || undefined,
    extension: bare(fields.employee_id) || bare(fields.extension_phone_number) || undefined,
    outcome,
    startedAt: isOver ? timeOf(fields.start_time, settings.timeZone) : undefined,
    endedAt: isOver ? at : undefined,
    waitSeconds: isOver ? seconds(fields.wait_time_duration) : undefined,
    talkSeconds: unanswered ? 0 : isOver ? seconds(fields.talk_time_duration) : undefined,
    cause: isOver ? bare(fields.call_status) || undefined : undefined,
  });
}

/** `is_lost` first: a menu or a message may have talked to somebody whom no person did. */
function outcomeOf(fields: Loose, kind: Kind): CallOutcome | undefined {
  if (kind === 'lost' || bare(fields.is_lost).toLowerCase() === 'true') return 'missed';
  const talked = seconds(fields.talk_time_duration);
  if (talked !== undefined) return talked > 0 ? 'answered' : 'missed';
  return bare(fields.is_lost).toLowerCase() === 'false' ? 'answered' : undefined;
}

const seconds = (value: unknown): number | undefined => number(bare(value));

/** By the clock of the cabinet, unless it says otherwise. */
function timeOf(value: unknown, timeZone: string): Date | undefined {
  const text = bare(value);
  if (/^\d{10}$/.test(text)) return unixSeconds(text);
  return /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? isoTime(text) : localTime(text, timeZone);
}

/** A call that was handed over has several recordings, each with a link of its own. */
function recordingOf(fields: Loose, callId: string) {
  const link = fields.file_link;
  return recordingFrom(bare(Array.isArray(link) ? link[0] : link), callId);
}
