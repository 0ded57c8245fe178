/**
 * What a channel is: one of our phones, somebody outside, or a piece of Asterisk's own machinery. ARI says none of it;
 * the name (`PJSIP/101-0000002a`, `Local/101@from-queue-0000000b;1`) and the numbers do.
 */
import { type Loose, optional, part, string } from '../../loose.ts';
import { bareNumber, isHidden, isInternal } from '../../numbers.ts';

export const idOf = (channel: Loose): string => string(channel.id).slice(0, 200);

/** Local channels only join two pieces of the dialplan; the others carry music, recordings and announcements. */
const MACHINERY = new Set(
  'local message surrogate recorder announcer cbann cbrec snoop asyncgoto unicastrtp multicastrtp audiosocket'.split(
    ' ',
  ),
);

export const isMachinery = (channel: Loose): boolean =>
  MACHINERY.has(string(channel.name).split('/')[0]?.toLowerCase() ?? '');

/** Both halves of a Local channel have this name in common. `undefined`: it is none. */
export const localPair = (channel: Loose): string | undefined => /^(Local\/.+);[12]$/.exec(string(channel.name))?.[1];

/** The half that runs the dialplan towards the one who is called. */
export const isFarHalf = (channel: Loose): boolean => /^Local\/.+;2$/.test(string(channel.name));

/** `PJSIP/101-0000002a`: `101`. */
const resourceOf = (channel: Loose): string =>
  string(channel.name)
    .replace(/^[^/]*\//, '')
    .replace(/-[0-9a-f]+(?:;[12])?$/i, '');

const isShort = (text: string, digits: number): boolean => new RegExp(`^\\d{1,${digits}}$`).test(text);

export const callerNumber = (channel: Loose): string => bareNumber(string(part(channel, 'caller').number));

/** The extension of one of our phones; `undefined` for somebody outside and for machinery. */
export function phoneOf(channel: Loose, digits: number): string | undefined {
  if (isMachinery(channel)) return undefined;
  const resource = resourceOf(channel);
  if (isShort(resource, digits)) return resource;
  const number = callerNumber(channel);
  return isShort(number, digits) ? number : undefined;
}

/** One of our phones, or a number outside. */
export interface Dialled {
  readonly extension?: string;
  readonly number?: string;
}

/**
 * Who is dialled by a Dial event. The dial string is `101`, `101/sip:101@192.0.2.7:5060`, `79990001122@trunk` or
 * `trunk/79990001122`; only the first Dial of a channel has it, the one without a status (main/dial.c, app_dial.c).
 */
export function dialled(event: Loose, digits: number): Dialled {
  const peer = part(event, 'peer');
  const resource = resourceOf(peer);
  if (isShort(resource, digits)) return { extension: resource };
  const target = string(event.dialstring).split('@')[0]?.split('/').at(-1) ?? '';
  const candidates = [bareNumber(target), callerNumber(peer)].filter((one) => one !== '' && !isHidden(one));
  const outside = candidates.find((one) => !isInternal(one, digits));
  if (outside !== undefined) return { number: outside };
  const extension = candidates[0] ?? resource;
  return extension === '' ? {} : { extension };
}

/** A number that is none of our extensions: the dialled line, or the number that we show. */
export function lineIn(text: unknown, digits: number): string | undefined {
  const number = bareNumber(string(text));
  return /^\+?\d+$/.test(number) && !isInternal(number, digits) && !isHidden(number) ? number : undefined;
}

/** From `channelvars = CHANNEL(linkedid)` in ari.conf, where somebody has set that. */
export const linkedIn = (channel: Loose): string | undefined =>
  optional(part(channel, 'channelvars')['CHANNEL(linkedid)'])?.slice(0, 200);
