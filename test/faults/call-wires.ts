/**
 * A step of a call as its provider would send it: real bodies, really signed. Recordings lie where nothing may be
 * fetched from.
 */
import { createHmac } from 'node:crypto';
import { signaturesOf, signedText } from '../../channels/telephony/providers/zadarma/signature.ts';
import type { Provider, Step, Story } from './call-stories.ts';

const SECRET = 'a-made-up-secret-of-a-pbx';
const LINE = '74950000000';

export const SETTINGS: Readonly<Record<Provider, Readonly<Record<string, unknown>>>> = {
  webhook: { webhookSecret: SECRET },
  zadarma: { zadarmaSecret: SECRET },
  megafon: { megafonCrmToken: SECRET },
  sipuni: { sipuniSecret: SECRET },
};

/** What a provider calls a person. */
export const nameAt = (provider: Provider, extension: string): string =>
  provider === 'megafon' ? `manager-${extension}` : extension;

export interface Wire {
  readonly method: 'POST' | 'GET';
  /** After the endpoint's address. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param copy the third one differs in bytes and says the same */
export function wireOf(story: Story, step: Step, copy: number): Wire {
  const again = copy === 2 ? { attempt: '3' } : {};
  if (story.provider === 'webhook') return webhook(story, step, again);
  if (story.provider === 'zadarma') return zadarma({ ...zadarmaFields(story, step), ...again });
  if (story.provider === 'megafon') return form({ ...megafonFields(story, step), ...again }, {});
  const query = new URLSearchParams({ secret: SECRET, ...sipuniFields(story, step), ...again });
  return { method: 'GET', query: `?${query}`, headers: {}, body: '' };
}

type Fields = Readonly<Record<string, string>>;

const atOf = (story: Story, step: Step): Date => new Date(story.startedMs + step.at * 1000);
const clientOf = ({ client }: Story): string => (client === 'hidden' ? 'anonymous' : client.replace('+', ''));

function form(fields: Fields, headers: Fields): Wire {
  return {
    method: 'POST',
    query: '',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  };
}

function webhook(story: Story, step: Step, again: Fields): Wire {
  const told = story.client !== 'untold';
  const body = JSON.stringify({
    event: step.what,
    callId: story.id,
    at: atOf(story, step).toISOString(),
    ...(told ? { client: clientOf(story), direction: story.direction, line: LINE } : {}),
    ...(step.extension === undefined ? {} : { extension: step.extension }),
    ...(step.to === undefined ? {} : { toExtension: step.to }),
    ...(step.what === 'ended' ? { outcome: story.outcome, talkSeconds: story.talkSeconds ?? 0 } : {}),
    ...(step.what === 'recorded' ? { recordingUrl: `https://pbx.example.com/${story.id}.mp3` } : {}),
    ...again,
  });
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'X-Inlet-Signature': `t=${seconds},v1=${signature}` };
  return { method: 'POST', query: '', headers, body };
}

function zadarma(fields: Fields): Wire {
  return form(fields, { Signature: signaturesOf(SECRET, signedText(fields) ?? '')[0] });
}

const DISPOSITIONS = { answered: 'answered', missed: 'no answer', busy: 'busy', cancelled: 'cancel' } as const;

function zadarmaFields(story: Story, step: Step): Fields {
  const inbound = story.direction === 'inbound';
  const recording = story.recorded ? `rec-${story.id}` : '';
  const call: Fields = {
    pbx_call_id: story.id,
    // Moscow's wall clock.
    call_start: new Date(story.startedMs + 3 * 3_600_000).toISOString().slice(0, 19).replace('T', ' '),
    ...(step.extension === undefined ? {} : { internal: step.extension }),
  };
  if (step.what === 'recorded') return { event: 'NOTIFY_RECORD', call_id_with_rec: recording, pbx_call_id: story.id };
  const people = inbound
    ? { caller_id: clientOf(story), called_did: LINE }
    : { caller_id: LINE, destination: clientOf(story) };
  if (step.what === 'ringing') {
    const event = inbound ? (step.extension === undefined ? 'NOTIFY_START' : 'NOTIFY_INTERNAL') : 'NOTIFY_OUT_START';
    return { event, ...call, ...people };
  }
  if (step.what === 'answered')
    return { event: 'NOTIFY_ANSWER', ...call, ...people, ...(inbound ? { destination: step.extension ?? '' } : {}) };
  return {
    event: inbound ? 'NOTIFY_END' : 'NOTIFY_OUT_END',
    ...call,
    ...people,
    duration: String(story.talkSeconds ?? 0),
    disposition: DISPOSITIONS[story.outcome],
    status_code: story.outcome === 'answered' ? '16' : '19',
    is_recorded: story.recorded ? '1' : '0',
    call_id_with_rec: recording,
  };
}

const HISTORY = { answered: 'Success', missed: 'Missed', busy: 'Busy', cancelled: 'Cancel' } as const;

function megafonFields(story: Story, step: Step): Fields {
  const outbound = story.direction === 'outbound';
  const call: Fields = { callid: story.id, phone: clientOf(story), diversion: LINE, crm_token: SECRET };
  const named = step.extension === undefined ? {} : { user: nameAt('megafon', step.extension), ext: step.extension };
  if (step.what === 'ringing' && step.extension === undefined) return { cmd: 'contact', ...call };
  if (step.what !== 'ended') {
    const type = step.what === 'answered' ? 'ACCEPTED' : outbound ? 'OUTGOING' : 'INCOMING';
    return { cmd: 'event', type, direction: outbound ? 'out' : 'in', ...call, ...named };
  }
  return {
    cmd: 'history',
    type: outbound ? 'out' : 'in',
    ...call,
    ...named,
    start: new Date(story.startedMs).toISOString().replace(/[-:]|\.\d+/g, ''),
    duration: String(step.at),
    status: HISTORY[story.outcome],
    ...(story.recorded ? { link: `https://records.example.com/${story.id}.mp3` } : {}),
  };
}

const STATUSES = { answered: 'ANSWER', missed: 'NOANSWER', busy: 'BUSY', cancelled: 'CANCEL' } as const;
const CABINET = '070196';

function sipuniFields(story: Story, step: Step): Fields {
  const at = Math.floor(atOf(story, step).getTime() / 1000);
  const call: Fields = { call_id: story.id, timestamp: String(at), user_id: CABINET };
  // As captured: that somebody talks, and nothing more.
  if (step.what === 'answered') return { event: '3', ...call };
  const people = sipuniPeople(story, step);
  if (step.what === 'ringing') return { event: '1', ...call, ...people };
  const answeredAt = story.steps.find(({ what }) => what === 'answered');
  return {
    event: '2',
    ...call,
    ...people,
    status: STATUSES[story.outcome],
    call_start_timestamp: String(Math.floor(story.startedMs / 1000)),
    ...(answeredAt === undefined
      ? {}
      : { call_answer_timestamp: String(Math.floor(atOf(story, answeredAt).getTime() / 1000)) }),
    ...(step.extension === undefined || story.direction !== 'inbound' ? {} : { last_called: step.extension }),
    ...(story.recorded ? { call_record_link: `https://records.example.com/${story.id}.mp3` } : {}),
  };
}

function sipuniPeople(story: Story, { what, extension = '' }: Step): Fields {
  const ours = (side: 'src' | 'dst', name: string): Fields => ({
    [`${side}_type`]: '2',
    [`${side}_num`]: `${CABINET}${name}`,
    [`short_${side}_num`]: name,
  });
  if (story.direction === 'internal') return { ...ours('src', extension), ...ours('dst', story.client) };
  if (story.direction === 'outbound')
    return { ...ours('src', extension), dst_type: '1', dst_num: clientOf(story), pbxdstnum: clientOf(story) };
  const from = { src_type: '1', src_num: clientOf(story), pbxdstnum: LINE };
  return what === 'ringing' && extension !== ''
    ? { ...from, ...ours('dst', extension) }
    : { ...from, dst_type: '1', dst_num: LINE };
}
