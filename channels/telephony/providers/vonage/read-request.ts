/** Vonage's requests: the answer webhook and the event webhook, both on the same address. */
import type { InboundRequest } from '../../../../src/channel.ts';
import { jsonObject, type Loose, string, textOf } from '../../loose.ts';

/**
 * Which address of ours was called. None: the application's own. `phone`: a phone of ours that rings for a client.
 * `caller`: our phone that rings first in a call of ours; `client`: then the client's.
 */
export type Leg = 'phone' | 'caller' | 'client';

export interface Said {
  readonly leg: Leg | undefined;
  /** Who of ours, by the address. */
  readonly extension: string;
  /** The phone was the default, there is nobody after it. */
  readonly isLast: boolean;
  readonly of: (name: string) => string;
  readonly has: (name: string) => boolean;
}

/** @throws Malformed */
export function readRequest({ method, url, body }: Pick<InboundRequest, 'method' | 'url' | 'body'>): Said {
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  // The body of a GET is not signed.
  const fields: Loose = method === 'GET' ? Object.fromEntries(query) : jsonObject(textOf(body));
  const leg = query.get('leg');
  const fieldOf = (name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  return {
    leg: leg === 'phone' || leg === 'caller' || leg === 'client' ? leg : undefined,
    extension: string(query.get('ext')),
    isLast: query.has('last'),
    of: (name) => string(fieldOf(name)),
    has: (name) => (fieldOf(name) ?? '') !== '',
  };
}

/** The conversation holds all legs of a call. */
export const callIdOf = (said: Said): string =>
  said.of('conversation_uuid') || said.of('conversation_uuid_from') || said.of('uuid') || said.of('call_uuid');

/** A call has come in and Vonage asks for its NCCO; the fallback address gets the same with the reason why. */
export function isQuestion(said: Said): boolean {
  const notices = ['status', 'recording_url', 'conversation_uuid_from', 'conversation_uuid_to', 'dtmf', 'speech'];
  return (
    said.leg === undefined &&
    said.of('to') !== '' &&
    said.of('uuid') !== '' &&
    said.of('direction') !== 'outbound' &&
    notices.every((name) => !said.has(name)) &&
    (!said.has('reason') || said.has('original_request'))
  );
}
