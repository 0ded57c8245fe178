import type { Genuine, InboundRequest, Tools } from '../../../../src/channel.ts';
import { Malformed, Rejected } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { formFields, jsonObject, type Loose, pathAfterKey } from '../../loose.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { signOf } from './command.ts';
import { questionOf, TAKEN } from './route.ts';

export function verify(request: InboundRequest, endpoint: Endpoint, tools: Tools): Genuine {
  if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
  const { vpbx_api_key: key = '', sign = '', json = '' } = formFields('', request.body);
  if (key === '' || sign === '') throw new Rejected(401, 'The fields vpbx_api_key and sign are missing.');
  const known = sameText(key, endpoint.settings.mangoApiKey ?? '');
  const signed = anySecret(endpoint.settings.mangoSalt, endpoint, (salt) =>
    sameText(sign.toLowerCase(), signOf(key, json, salt)),
  );
  if (!known) throw new Rejected(403, 'The key is that of another PBX.');
  if (!signed) throw new Rejected(401, 'The signature does not match.');
  const asks = kindOf(request) === 'call' ? questionOf(eventOrNothing(json), endpoint, tools) : undefined;
  return asks === undefined ? { answer: TAKEN } : { asks };
}

/** What cannot be read is kept all the same: `parse` says why. */
function eventOrNothing(json: string): Loose {
  try {
    return jsonObject(json);
  } catch (error) {
    if (error instanceof Malformed) return {};
    throw error;
  }
}

export type Kind = 'call' | 'summary' | 'recording' | 'added' | 'other';

const KINDS: Readonly<Record<string, Kind>> = {
  '/events/call': 'call',
  '/events/summary': 'summary',
  '/events/recording': 'recording',
  '/events/record/added': 'added',
};

/** Mango appends paths to the address; one that already ended with a slash gives two of them. */
export const pathOf = ({ url }: InboundRequest): string =>
  pathAfterKey(url)
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '');

export function kindOf(request: InboundRequest): Kind {
  const path = pathOf(request);
  return Object.hasOwn(KINDS, path) ? KINDS[path]! : 'other';
}

export const eventOf = (request: InboundRequest): Loose => jsonObject(formFields('', request.body).json ?? '');
