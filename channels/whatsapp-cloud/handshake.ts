import type { Answer, EndpointContext, InboundRequest } from '../../src/channel.ts';
import { isEqual } from './equal.ts';
import type { CloudSettings } from './settings.ts';

/**
 * Meta asks once, when the webhook is saved: GET `?hub.mode=subscribe&hub.verify_token=..&hub.challenge=..`, and wants
 * the challenge back as plain text, or 403.
 */
export async function handshake(
  request: InboundRequest,
  endpoint: EndpointContext<CloudSettings>,
): Promise<Answer | undefined> {
  const mark = request.url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark, mark + 2000));
  if (!query.has('hub.mode')) return undefined;
  const challenge = query.get('hub.challenge') ?? '';
  const known = await isEqual(query.get('hub.verify_token') ?? '', endpoint.settings.verifyToken);
  if (!known || query.get('hub.mode') !== 'subscribe')
    return plain(403, 'The verify token is not the one in the settings of this endpoint.');
  // The challenge is a number; whatever else it may become, it is one short line that no browser takes for a page.
  if (!/^[\w.~+/=-]{1,200}$/.test(challenge)) return plain(400, 'There is no challenge to answer.');
  return plain(200, challenge);
}

const plain = (status: number, body: string): Answer => ({
  status,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  },
  body,
});
