import type { Answer, Genuine, InboundRequest } from '../../../../src/channel.ts';
import { Rejected } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { formFields } from '../../loose.ts';
import { anySecret, sameText } from '../../secrets.ts';
import type { Brand } from './brand.ts';
import { questionOf } from './route.ts';
import { signaturesOf, signedText } from './signature.ts';

/** The body is read as a command by Zadarma, so it stays empty where nothing was asked. */
const TAKEN: Answer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '' };

/** What was posted; the query is not signed and says nothing. */
export const postedFields = (body: Uint8Array): Readonly<Record<string, string>> => formFields('', body);

export const verifyFor =
  (brand: Brand) =>
  (request: InboundRequest, endpoint: Endpoint): Genuine => {
    if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
    const given = request.headers.signature ?? '';
    if (given === '') throw new Rejected(401, 'The header Signature is missing.');
    const fields = postedFields(request.body);
    const text = signedText(fields);
    if (text === undefined) throw new Rejected(403, 'It is not known how this event is signed.');
    const genuine = anySecret(brand.account(endpoint).secret, endpoint, (secret) =>
      signaturesOf(secret, text)
        .map((expected) => sameText(given, expected))
        .includes(true),
    );
    if (!genuine) throw new Rejected(401, 'The signature does not match.');
    const asks = questionOf(fields, endpoint);
    return asks === undefined ? { answer: TAKEN } : { asks };
  };

/** Saving the address in the cabinet opens it with `?zd_echo=...` and wants to read the same word. */
export function handshake(request: InboundRequest): Answer | undefined {
  const word = formFields(request.url, new Uint8Array()).zd_echo ?? '';
  // Nothing of a stranger's is echoed that a browser could take for a page.
  if (!/^[\w.-]{1,200}$/.test(word)) return undefined;
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: word,
  };
}
