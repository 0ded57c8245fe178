/**
 * The client's address: that of the socket, unless the socket is one of our own proxies. Then it is the rightmost hop
 * of X-Forwarded-For that is not ours; what stands further left was written by the client and proves nothing.
 */
import type { Context } from 'hono';
import { inNetworks, isAddress, plainAddress } from '../networks.ts';

/** @throws when an entry of the list is neither an address nor a CIDR network. */
export function clientAddress(trustedProxies: readonly string[]): (peer: string, forwardedFor?: string) => string {
  const isTrusted = inNetworks(trustedProxies);
  return (peer, forwardedFor) => {
    let client = plainAddress(peer);
    const hops = (forwardedFor ?? '').split(',');
    while (hops.length > 0 && isTrusted(client)) {
      const hop = plainAddress(hops.pop() ?? '');
      // A hop that is no address was not written by a proxy of ours: the last one that was is all we know.
      if (!isAddress(hop)) break;
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
