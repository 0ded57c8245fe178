/** Twilio's requests: what it says, and what we wrote into the address that it was to call. */
import type { InboundRequest } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import { jsonObject, string, textOf } from '../../loose.ts';

/**
 * Which of our addresses was called. None: the number's own (a question, or a change of the call's status).
 *
 * - `phone`: a phone of ours that rings for a client; `dial`, `last`: that dialling is over, `last` was the fallback
 * - `caller`: our phone that rings first in a call of ours; `client`: then the client's; `called`: that is over
 */
export type Leg = 'phone' | 'dial' | 'last' | 'caller' | 'client' | 'called' | 'recording';

const LEGS = new Set<string>(['phone', 'dial', 'last', 'caller', 'client', 'called', 'recording'] satisfies Leg[]);

export interface Said {
  readonly leg: Leg | undefined;
  /** Who of ours, by the address. */
  readonly extension: string;
  /** The call, by the address. */
  readonly call: string;
  readonly of: (name: string) => string;
}

export const queryOf = (url: string): URLSearchParams =>
  new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');

/** @throws Malformed */
export function readRequest({ method, url, body }: Pick<InboundRequest, 'method' | 'url' | 'body'>): Said {
  const query = queryOf(url);
  const fields = fieldsOf(method, query, body);
  const leg = query.get('leg') ?? '';
  if (leg !== '' && !LEGS.has(leg)) throw new Malformed('The address has a "leg" that is not of ours.');
  return {
    leg: leg === '' ? undefined : (leg as Leg),
    extension: string(query.get('ext')),
    call: string(query.get('call')),
    of: (name) => string(fields.get(name)),
  };
}

/** Only what is signed: the body of a GET is not. */
function fieldsOf(method: string, query: URLSearchParams, body: Uint8Array): ReadonlyMap<string, unknown> {
  if (method === 'GET') return new Map(query);
  const text = textOf(body);
  if (!query.has('bodySHA256')) return new Map(new URLSearchParams(text));
  return new Map(Object.entries(jsonObject(text)));
}
