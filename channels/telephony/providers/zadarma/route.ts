/** "Who should get this call?": the answer to NOTIFY_START and NOTIFY_IVR. */
import type { Answer, CallRoute, CallTarget, RoutingQuestion } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import { sourceOf } from '../../call-event.ts';
import { string } from '../../loose.ts';
import { bareNumber, isHidden, withPlus } from '../../numbers.ts';

const THINKING_MS = 1500;

/** An extension (`101`), a menu (`1`), a scenario (`0-1`, `0-main`), the black list. */
const PLACE = /^(?:\d{1,6}|\d{1,2}-(?:\d{1,3}|main)|blacklist)$/;

export function questionOf(fields: Readonly<Record<string, string>>, endpoint: Endpoint): RoutingQuestion | undefined {
  if (fields.event !== 'NOTIFY_START' && fields.event !== 'NOTIFY_IVR') return undefined;
  const callId = string(fields.pbx_call_id);
  if (callId === '') return undefined;
  const caller = bareNumber(string(fields.caller_id));
  const line = string(fields.called_did);
  const source = sourceOf(line, endpoint);
  return {
    callId,
    ...(isHidden(caller)
      ? {}
      : { caller: { kind: 'phone' as const, value: withPlus(caller), trust: 'observed' as const } }),
    ...(line === '' ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: THINKING_MS,
    reply: (route) => replyTo(route, endpoint),
  };
}

function replyTo(route: CallRoute | undefined, { settings }: Endpoint): Answer {
  const chosen = route?.targets.map(placeOf).find((place) => place !== undefined);
  const place = chosen ?? (settings.fallbackTarget === '' ? undefined : { redirect: settings.fallbackTarget });
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    // Without a command the scheme of the PBX goes on.
    body: place === undefined ? '{}' : JSON.stringify({ ...place, return_timeout: settings.ringSeconds }),
  };
}

/** A call goes to one place of the PBX; an outside number is reached by that place's forwarding, rewritten. */
function placeOf({ extension, dial }: CallTarget) {
  if (dial !== undefined && PLACE.test(dial)) return { redirect: dial };
  if (!PLACE.test(extension)) return undefined;
  return dial !== undefined && /^\+?\d{7,15}$/.test(dial)
    ? { redirect: extension, rewrite_forward_number: dial }
    : { redirect: extension };
}
