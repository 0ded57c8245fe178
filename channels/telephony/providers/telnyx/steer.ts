/** Telnyx takes no routing in an answer: a call waits, parked, until an API command sends it on. */
import type { CallRoute, CallTarget, RoutingQuestion, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { sourceOf } from '../../call-event.ts';
import { type Loose, string } from '../../loose.ts';
import { bareNumber, isHidden, isInternal, withPlus } from '../../numbers.ts';
import { callIdOf, type Event, legOf, writeState } from './read-event.ts';

/** A call on a Call Control application; one on a SIP connection is already on its way (`bridging`). */
export function isQuestion(event: Event, endpoint: Endpoint): boolean {
  return (
    event.type === 'call.initiated' &&
    string(event.payload.state) === 'parked' &&
    string(event.payload.call_control_id) !== '' &&
    callIdOf(event) !== '' &&
    legOf(event, endpoint).leg === 'incoming' &&
    endpoint.settings.telnyxApiKey !== undefined
  );
}

export function questionOf(event: Event, endpoint: Endpoint, tools: Tools): RoutingQuestion {
  const caller = string(event.payload.from);
  const unknown = isHidden(caller) || isInternal(caller, endpoint.settings.internalDigits);
  const line = bareNumber(string(event.payload.to));
  const source = sourceOf(line, endpoint);
  return {
    callId: callIdOf(event),
    ...(unknown ? {} : { caller: { kind: 'phone', value: withPlus(bareNumber(caller)), trust: 'observed' } }),
    ...(line === '' ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    reply: () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }),
    command: (route) => sendOn(event, route, endpoint, tools),
  };
}

/** To one person: Telnyx transfers to one place. Nobody, and no default: the call goes on ringing. */
async function sendOn(event: Event, route: CallRoute | undefined, endpoint: Endpoint, tools: Tools): Promise<void> {
  const target = route?.targets[0] ?? { extension: endpoint.settings.fallbackTarget.trim() };
  if ((target.dial ?? target.extension).trim() === '') return;
  const control = string(event.payload.call_control_id);
  // The same for a repeat of the event, so that Telnyx does it once.
  const transfer = async (attempt: string): Promise<void> =>
    command(control, 'transfer', transferTo(target, endpoint, `inlet-${event.id}${attempt}`), endpoint, tools);
  try {
    await transfer('');
  } catch (error) {
    // Whether a call may be transferred before it is answered is not documented: so ask for that first.
    if (!(error instanceof Refused && /not (?:been |yet )?answered/i.test(error.message))) throw error;
    await command(control, 'answer', { command_id: `inlet-${event.id}-answer` }, endpoint, tools);
    await transfer('-again');
  }
}

function transferTo(target: CallTarget, { settings }: Endpoint, id: string): Loose {
  const record =
    settings.keepRecordings && settings.telnyxRecord
      ? { record: 'record-from-answer', record_channels: 'dual', record_format: 'mp3' }
      : {};
  return {
    to: addressOf((target.dial ?? target.extension).trim(), settings.telnyxSipDomain),
    timeout_secs: settings.ringSeconds,
    command_id: id,
    client_state: writeState({ inlet: 'caller' }),
    target_leg_client_state: writeState({ inlet: 'phone', ext: target.extension }),
    ...record,
  };
}

/** E.164 with its plus, a SIP address, or the name of a SIP phone. */
function addressOf(given: string, domain: string): string {
  const number = given.replaceAll(/[\s().-]/g, '');
  if (/^\+[1-9]\d{6,14}$/.test(number)) return number;
  return /^sips?:/i.test(given) ? given : `sip:${encodeURIComponent(given.toWellFormed())}@${domain}`;
}

async function command(
  control: string,
  action: 'answer' | 'transfer',
  body: Loose,
  { settings }: Endpoint,
  tools: Tools,
): Promise<void> {
  const response = await tools.fetch(
    `${settings.telnyxApiRoot}/v2/calls/${encodeURIComponent(control.toWellFormed())}/actions/${action}`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${settings.telnyxApiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    },
  );
  await answered('Telnyx', response, reasonOf);
}

function reasonOf(said: Loose): string {
  const first: unknown = Array.isArray(said.errors) ? said.errors[0] : undefined;
  const error = (typeof first === 'object' && first !== null ? first : {}) as Loose;
  return [...new Set([string(error.title), string(error.detail)])].filter((text) => text !== '').join(': ');
}
