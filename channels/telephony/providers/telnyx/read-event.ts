/** Telnyx's envelope, and whose leg an event is about. */
import type { Endpoint } from '../../adapter.ts';
import { jsonObject, type Loose, part, string, textOf } from '../../loose.ts';
import { sameDigits } from '../../numbers.ts';

export interface Event {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: unknown;
  readonly payload: Loose;
}

/** @throws Malformed */
export function readEvent(body: Uint8Array): Event {
  const data = part(jsonObject(textOf(body)), 'data');
  return {
    id: string(data.id),
    type: string(data.event_type),
    occurredAt: data.occurred_at,
    payload: part(data, 'payload'),
  };
}

/** The session is the call; legs come and go in it. */
export const callIdOf = ({ payload }: Event): string =>
  string(payload.call_session_id) || string(payload.call_leg_id) || string(payload.call_control_id);

/**
 * `incoming`: the client's leg of their call. `phone`: a phone of ours that we had it transferred to. `outgoing`: the
 * client's leg of a call of ours. Only `call.initiated` names its direction, later events only their numbers.
 */
export type Leg = 'incoming' | 'outgoing' | 'phone' | 'unknown';

export function legOf({ payload }: Event, { settings }: Endpoint): { leg: Leg; extension?: string } {
  const state = readState(payload.client_state);
  if (state.inlet === 'phone') return { leg: 'phone', extension: string(state.ext) };
  if (state.inlet === 'caller') return { leg: 'incoming' };
  const direction = string(payload.direction);
  if (direction === 'incoming' || direction === 'outgoing') return { leg: direction };
  const isLine = (given: unknown): boolean => {
    const digits = sameDigits(string(given));
    return digits !== '' && settings.lines.some((one) => sameDigits(one.number) === digits);
  };
  if (isLine(payload.to)) return { leg: 'incoming' };
  return { leg: isLine(payload.from) ? 'outgoing' : 'unknown' };
}

/** What we gave a command to remember comes back in every later event of the leg. */
export const writeState = (state: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(state)).toString('base64');

/** Other software keeps its own there, in any form. */
function readState(given: unknown): Loose {
  try {
    return jsonObject(Buffer.from(string(given), 'base64').toString('utf8'));
  } catch {
    return {};
  }
}
