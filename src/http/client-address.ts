/**
 * The client's address: that of the socket, unless the socket is one of our own proxies. Then it is the rightmost hop
 * of X-Forwarded-For that is not ours; what stands further left was written by the client and proves nothing.
 */
import type { Context } from 'hono';

interface Network {
  readonly v6: boolean;
  readonly base: bigint;
  /** How many low bits may differ. */
  readonly shift: bigint;
}

/** @throws when an entry of the list is neither an address nor a CIDR network. */
export function clientAddress(trustedProxies: readonly string[]): (peer: string, forwardedFor?: string) => string {
  const trusted = trustedProxies.map(readNetwork);
  const isTrusted = (address: string): boolean => {
    const value = readAddress(address);
    return (
      value !== undefined &&
      trusted.some((net) => net.v6 === value.v6 && value.bits >> net.shift === net.base >> net.shift)
    );
  };
  return (peer, forwardedFor) => {
    let client = plainAddress(peer);
    const hops = (forwardedFor ?? '').split(',');
    while (hops.length > 0 && isTrusted(client)) {
      const hop = plainAddress(hops.pop() ?? '');
      // A hop that is no address was not written by a proxy of ours: the last one that was is all we know.
      if (readAddress(hop) === undefined) break;
      client = hop;
    }
    return client;
  };
}

/** The socket's address under @hono/node-server; other entries hand in their own reader. */
export function socketAddress(c: Context): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? '';
}

/** Without port, brackets and zone; an IPv4 address inside an IPv6 one as itself. */
function plainAddress(text: string): string {
  const trimmed = text.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const unzoned = bare.replace(/%.*$/, '').toLowerCase();
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(unzoned)?.[1] ?? unzoned;
}

function readNetwork(text: string): Network {
  const [address = '', length] = text.trim().split('/');
  const value = readAddress(plainAddress(address));
  const width = value?.v6 ? 128 : 32;
  const bits = length === undefined ? width : Number(length);
  if (value === undefined || !Number.isInteger(bits) || bits < 0 || bits > width || length === '')
    throw new Error(`"${text}" is neither an address nor a network such as 10.0.0.0/8`);
  return { v6: value.v6, base: value.bits, shift: BigInt(width - bits) };
}

function readAddress(text: string): { readonly v6: boolean; readonly bits: bigint } | undefined {
  const v4 = readV4(text);
  if (v4 !== undefined) return { v6: false, bits: v4 };
  const v6 = readV6(text);
  return v6 === undefined ? undefined : { v6: true, bits: v6 };
}

function readV4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function readV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
