/** Vonage's signed webhooks: a JWT that holds the hash of the body. */
import { createHash, createHmac } from 'node:crypto';
import type { InboundRequest, Tools } from '../../../../src/channel.ts';
import { Malformed, Rejected } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { jsonObject, type Loose, number, string } from '../../loose.ts';
import { anySecret, sameText } from '../../secrets.ts';

/** How long ago, or ahead of our clock, a token may have been issued. */
const FRESH_SECONDS = 300;

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('base64url');

const sha256 = (body: Uint8Array | string): string => createHash('sha256').update(body).digest('hex');

/**
 * Checked by hand because it is one algorithm, with several secrets, each always tried.
 *
 * @throws Rejected
 * @returns what the token says
 */
export function verifiedClaims(request: InboundRequest, endpoint: Endpoint, tools: Tools): Loose {
  if (request.method !== 'POST' && request.method !== 'GET') throw new Rejected(405, 'Vonage posts or gets.');
  const given = request.headers.authorization ?? '';
  const token = /^Bearer ([\w-]{1,500})\.([\w-]{1,4000})\.([\w-]{1,200})$/i.exec(given);
  if (token === null) throw new Rejected(401, 'The header Authorization has no token: are signed webhooks on?');
  const [, head, content, signature] = token as unknown as [string, string, string, string];
  const genuine = anySecret(endpoint.settings.vonageSignatureSecret, endpoint, (secret) =>
    sameText(signature, hmac(secret, `${head}.${content}`)),
  );
  // The name of the algorithm is inside what is signed; any other than ours is a token for something else.
  if (!genuine || string(decoded(head).alg) !== 'HS256')
    throw new Rejected(403, 'The token is not signed with the signature secret.');
  const claims = decoded(content);
  checkClaims(claims, request, endpoint, tools);
  return claims;
}

function checkClaims(claims: Loose, { method, body }: InboundRequest, { settings }: Endpoint, tools: Tools): void {
  const issuedAt = number(claims.iat);
  if (issuedAt === undefined || Math.abs(tools.now().getTime() / 1000 - issuedAt) > FRESH_SECONDS)
    throw new Rejected(403, `The token was not issued within the last ${FRESH_SECONDS} seconds.`);
  if (method === 'POST' && !sameText(string(claims.payload_hash).toLowerCase(), sha256(body)))
    throw new Rejected(403, 'The body is not the one that the token was issued for.');
  const application = string(claims.application_id).toLowerCase();
  const own = settings.vonageApplicationId?.toLowerCase() ?? '';
  if (own !== '' && application !== '' && application !== own)
    throw new Rejected(403, 'This is an event of another application.');
}

function decoded(part: string): Loose {
  try {
    return jsonObject(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return {};
  }
}

/** As Vonage would make it, for the house's own test. */
export function tokenFor(secret: string, body: string, issuedAt: Date, more: Loose): string {
  const claims = {
    iat: Math.floor(issuedAt.getTime() / 1000),
    iss: 'Vonage',
    payload_hash: sha256(body),
    ...more,
  };
  const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${text}.${hmac(secret, text)}`;
}
