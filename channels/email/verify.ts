import type { EndpointContext, Genuine, InboundRequest } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import { sha256Hex } from './hash.ts';
import type { EmailSettings } from './settings.ts';

/** A raw mail posted by an MTA's pipe or a Cloudflare Email Worker: `Authorization: Bearer <inboundSecret>`. */
export async function verify(request: InboundRequest, endpoint: EndpointContext<EmailSettings>): Promise<Genuine> {
  const { inboundSecret } = endpoint.settings;
  if (inboundSecret === '') throw new Rejected(403, 'This mailbox takes no posts: its secret for posts is not set.');
  const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined || !(await isEqual(given, inboundSecret)))
    throw new Rejected(401, 'Send the secret of this mailbox as Authorization: Bearer <secret>.');
  if (request.body.length === 0) throw new Rejected(400, 'The body must be one raw mail (message/rfc822).');
  return { repeatKey: repeatKeyOf(request.body) };
}

/** The same for a mail that came by IMAP and by a post, when both brought the same bytes. */
export const repeatKeyOf = (raw: Uint8Array): string => `mail:${sha256Hex(raw)}`;

/** Constant time: digests of equal length under a key that lives for this one comparison. */
async function isEqual(a: string, b: string): Promise<boolean> {
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const encoder = new TextEncoder();
  return crypto.subtle.verify(
    'HMAC',
    key,
    await crypto.subtle.sign('HMAC', key, encoder.encode(a)),
    encoder.encode(b),
  );
}
