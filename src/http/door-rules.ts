/** What the door asks before a channel is asked: origins, media types, limits. */
import { Rejected } from '../errors.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import type { Limit } from '../intake/meter.ts';
import { inReadableNetworks } from '../networks.ts';

const MINUTE_LIMIT_FALLBACK = { perAddressPerMinute: 60, perEndpointPerMinute: 0 };

/** The origins that a browser may post from; `undefined`: any. */
function allowedOrigins(endpoint: OpenEndpoint, publicUrl: string): readonly string[] | undefined {
  const name = endpoint.channel.capabilities.originsSetting;
  const listed = name === undefined ? [] : (endpoint.context.settings[name] as readonly string[]);
  return listed.length === 0 ? undefined : [...listed, new URL(publicUrl).origin];
}

export function checkOrigin(endpoint: OpenEndpoint, origin: string | undefined, publicUrl: string): void {
  if (origin === undefined || endpoint.channel.capabilities.originsSetting === undefined) return;
  const allowed = allowedOrigins(endpoint, publicUrl);
  if (allowed !== undefined && !allowed.includes(origin))
    throw new Rejected(
      403,
      "Requests from this site are not allowed: add its origin to the endpoint's allowed origins.",
    );
}

/** Never with credentials: what a visitor's cookies say is nobody's business here. */
export function corsHeaders(
  endpoint: OpenEndpoint,
  origin: string | undefined,
  publicUrl: string,
): Record<string, string> {
  if (endpoint.channel.capabilities.originsSetting === undefined) return {};
  const allowed = allowedOrigins(endpoint, publicUrl);
  const vary = { Vary: 'Origin' };
  if (origin === undefined || (allowed !== undefined && !allowed.includes(origin))) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': allowed === undefined ? '*' : origin,
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Content-Type, Idempotency-Key, X-Requested-With',
    'Access-Control-Expose-Headers': 'Retry-After',
    'Access-Control-Max-Age': '600',
  };
}

export function checkMediaType(endpoint: OpenEndpoint, header: string | undefined): void {
  const accepted = endpoint.channel.capabilities.mediaTypes;
  if (accepted === undefined) return;
  const mediaType = (header ?? '').split(';')[0]!.trim().toLowerCase();
  if (!accepted.includes(mediaType)) throw new Rejected(415, `Send one of: ${accepted.join(', ')}.`);
}

/** The provider's own addresses, where the admin has written them down. */
export function checkAddress({ channel, context }: OpenEndpoint, address: string): void {
  const name = channel.capabilities.addressesSetting;
  const list = name === undefined ? [] : (context.settings[name] as readonly string[]);
  if (list.length > 0 && !inReadableNetworks(list)(address))
    throw new Rejected(403, 'Requests from this address are not allowed.');
}

/** `/in/<channel>/<key>` and what may stand behind it. */
export function checkPath({ channel }: OpenEndpoint, url: string): void {
  const pieces = url.split('?', 1)[0]!.split('/').slice(4);
  if (pieces.some((piece) => piece !== '') && channel.capabilities.takesPaths !== true)
    throw new Rejected(404, 'There is no such endpoint.');
}

const LOOKS_PER_REQUEST = 10;

export function lookLimits(endpoint: OpenEndpoint, address: string): Limit[] {
  return limitsOf(endpoint, address)
    .slice(0, 1)
    .map(({ key, perMinute }) => ({ key: `look|${key}`, perMinute: perMinute * LOOKS_PER_REQUEST }));
}

/**
 * Processes on this machine are not visitors: the default limit is for the outside, a limit set by hand for
 * everybody.
 */
export function limitsOf(endpoint: OpenEndpoint, address: string): Limit[] {
  const defaults = endpoint.channel.capabilities.rate ?? MINUTE_LIMIT_FALLBACK;
  const local = address === '' || address === '::1' || address.startsWith('127.');
  const perAddress = endpoint.ratePerAddress ?? (local ? 0 : defaults.perAddressPerMinute);
  const perEndpoint = endpoint.ratePerEndpoint ?? defaults.perEndpointPerMinute;
  const limits: Limit[] = [];
  if (perAddress > 0) limits.push({ key: `${endpoint.id}|${network(address)}`, perMinute: perAddress });
  if (perEndpoint > 0) limits.push({ key: endpoint.id, perMinute: perEndpoint });
  return limits;
}

/** One customer of a provider holds a whole IPv6 /64: counting single addresses would count nobody. */
function network(address: string): string {
  return address.includes(':') ? expandPrefix(address) : address;
}

function expandPrefix(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const front = head.split(':').filter((group) => group !== '');
  const back = tail.split(':').filter((group) => group !== '');
  const missing = address.includes('::') ? 8 - front.length - back.length : 0;
  const groups = [...front, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
