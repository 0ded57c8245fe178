import { z } from 'zod';
import type { EndpointContext, Tools } from '../../src/channel.ts';
import { tokenUrlOf } from './providers.ts';
import type { EmailSettings } from './settings.ts';

/** The provider said that the log-in is wrong: only a person can mend that. */
export class BadLogin extends Error {
  override readonly name = 'BadLogin';
}

const TIMEOUT_MS = 15_000;

const answer = z.object({ access_token: z.string().min(1).max(20_000) });

/**
 * A fresh access token for one log-in. Nothing is kept: a token lives about an hour, and so do the sessions that are
 * opened with it.
 *
 * @throws BadLogin when the provider refuses the refresh token; any other error may pass
 */
export async function fetchAccessToken(endpoint: EndpointContext<EmailSettings>, tools: Tools): Promise<string> {
  const { oauthClientId, oauthClientSecret, oauthRefreshToken } = endpoint.settings;
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: oauthClientId,
    refresh_token: oauthRefreshToken,
  });
  if (oauthClientSecret !== '') body.set('client_secret', oauthClientSecret);
  const url = tokenUrlOf(endpoint.settings);
  const response = await tools.fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  // RFC 6749 5.2: invalid_grant, invalid_client and their kind come with 400 or 401.
  if (response.status === 400 || response.status === 401)
    throw new BadLogin('The provider refuses the OAuth access of this mailbox. Give it access anew.');
  if (!response.ok) throw new Error(`The provider's token address answered ${response.status}.`);
  return answer.parse(await response.json()).access_token;
}
