/** Mango is not answered but commanded: the call is taken out of its menu or queue while the caller waits there. */
import { createHash } from 'node:crypto';
import type { Answer, CallRoute, RoutingQuestion, Tools } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import { sourceOf } from '../../call-event.ts';
import { type Loose, number, part, string } from '../../loose.ts';
import { bareNumber, isHidden, withPlus } from '../../numbers.ts';
import { order } from './command.ts';

/** Only the status is read. */
export const TAKEN: Answer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '' };

const THINKING_MS = 1500;
const COMMAND_MS = 5000;

/** The first sight of a caller in a menu or a queue; a call that was taken from another leg is on its way already. */
export function questionOf(event: Loose, endpoint: Endpoint, tools: Tools): RoutingQuestion | undefined {
  const from = part(event, 'from');
  const location = string(event.location);
  const entry = string(event.entry_id);
  const leg = string(event.call_id);
  const first = string(event.call_state) === 'Appeared' && (number(event.seq) ?? 1) <= 1;
  if (!first || (location !== 'ivr' && location !== 'queue') || entry === '' || leg === '') return undefined;
  if (string(from.extension) !== '' || string(from.taken_from_call_id) !== '') return undefined;
  if (string(event.callback_initiator) !== '') return undefined;
  const caller = bareNumber(string(from.number));
  const to = part(event, 'to');
  const line = string(to.line_number) || string(to.number);
  const source = sourceOf(line, endpoint);
  return {
    callId: entry,
    ...(isHidden(caller)
      ? {}
      : { caller: { kind: 'phone' as const, value: withPlus(caller), trust: 'observed' as const } }),
    ...(line === '' ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: THINKING_MS,
    reply: () => TAKEN,
    command: (route) => send(leg, route, endpoint, tools),
  };
}

/** One place, the best one; without a route and a default the scheme of the PBX goes on. */
async function send(leg: string, route: CallRoute | undefined, endpoint: Endpoint, tools: Tools): Promise<void> {
  const target = route?.targets[0];
  const place = target === undefined ? endpoint.settings.fallbackTarget : (target.dial ?? target.extension);
  if (place === '') return;
  const command = {
    // The same for a repeat of the same event.
    command_id: `route-${createHash('sha256').update(leg).digest('hex').slice(0, 32)}`,
    call_id: leg,
    to_number: place.replace(/^\+/, ''),
  };
  const { done, status, code } = await order(
    endpoint,
    tools,
    AbortSignal.timeout(COMMAND_MS),
    '/commands/route',
    command,
  );
  if (!done) throw new Error(`Mango did not route the call: ${status}, code ${code || 'none'}`);
}
