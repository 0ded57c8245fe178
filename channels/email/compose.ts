import { createTransport } from 'nodemailer';
import { cleanFileName, type EndpointContext, type Outbound } from '../../src/channel.ts';
import { Refused } from '../../src/errors.ts';
import { domainOf, isOwnAddress, withTag } from './addresses.ts';
import { cleanLine, cleanLines } from './clean.ts';
import { bareId, idsIn } from './ids.ts';
import type { EmailSettings } from './settings.ts';

export interface Composed {
  readonly raw: Buffer;
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
}

const MAX_REFERENCES = 20;

/** One mail as it goes over the wire, with the DKIM signature where there is a key. */
export async function compose(message: Outbound, endpoint: EndpointContext<EmailSettings>): Promise<Composed> {
  const { settings } = endpoint;
  const own = settings.address;
  const to = recipientOf(message, own);
  const messageId = `<${message.idempotencyKey}@${domainOf(own)}>`;
  const { parent, references } = threadOf(message);
  const transport = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    // A path or an address in a file's place would read our own disk or network.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...dkimOf(settings),
  });
  const { message: raw } = await transport.sendMail({
    from: { name: cleanLine(settings.fromName, 200), address: own },
    to: { name: '', address: to },
    ...(settings.plusAddress ? { replyTo: withTag(own, message.idempotencyKey) } : {}),
    subject: subjectOf(message),
    messageId,
    ...(parent === undefined ? {} : { inReplyTo: parent, references }),
    text: textOf(message, settings.signature),
    attachments: message.attachments.map(({ name, mediaType, bytes }) => ({
      filename: cleanFileName(name) || 'file',
      contentType: cleanLine(mediaType, 100),
      content: Buffer.from(bytes),
      contentDisposition: 'attachment' as const,
    })),
    headers: message.ask === undefined ? {} : AUTOMATIC,
  });
  return { raw: raw as Buffer, messageId, from: own, to };
}

/** The house asks by itself: other machines shall not answer (RFC 3834, MS-OXCMAIL). */
const AUTOMATIC = { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' };

const dkimOf = ({ dkimDomain, dkimSelector, dkimPrivateKey }: EmailSettings) =>
  dkimPrivateKey === ''
    ? {}
    : { dkim: { domainName: dkimDomain, keySelector: dkimSelector, privateKey: dkimPrivateKey } };

/** Reply-To of the newest mail of the conversation, else the address that is written to first. Never our own. */
function recipientOf(message: Outbound, own: string): string {
  const { identity, reach } = message.to;
  const value = typeof reach?.to === 'string' ? reach.to : identity?.kind === 'email' ? identity.value : '';
  const address = value.trim();
  if (!/^[^\s@<>",;:()[\]\\]+@[^\s@<>",;:()[\]\\]+$/.test(address) || address.length > 254)
    throw new Refused('There is no e-mail address to write to.');
  if (isOwnAddress(address, own)) throw new Refused('This is the address of the mailbox itself.');
  return address;
}

/** The mail that is answered comes last; of a long chain the first id and the newest stay. */
function threadOf({ to, quotes }: Outbound): { parent: string | undefined; references: string[] } {
  const listed = Array.isArray(to.reach?.references) ? to.reach.references.map(String).join(' ') : '';
  const last = typeof to.reach?.messageId === 'string' ? idsIn(to.reach.messageId)[0] : undefined;
  const parent = (quotes === undefined ? undefined : bareId(quotes)) ?? last;
  const chain = [...idsIn(listed), ...(last === undefined ? [] : [last])].filter((id) => id !== parent);
  if (parent !== undefined) chain.push(parent);
  const unique = [...new Set(chain)];
  const references = unique.length <= MAX_REFERENCES ? unique : [unique[0]!, ...unique.slice(1 - MAX_REFERENCES)];
  return { parent, references };
}

/** As many of them as mail programs have piled up: `Re: RE[2]: Ответ: HA: Fwd:` stays one `Re:`. */
const ANSWER_MARKS = /^(?:(?:re|aw|sv|ответ|отв|на|ha)(?:\[\d{1,3}\])?\s*:\s*)+/iu;

function subjectOf(message: Outbound): string {
  const given = cleanLine(message.subject ?? '', 500);
  const before = typeof message.to.reach?.subject === 'string' ? cleanLine(message.to.reach.subject, 500) : '';
  if (before === '') return given;
  const plain = (subject: string): string => subject.replace(ANSWER_MARKS, '').trim();
  if (given !== '' && plain(given) !== plain(before)) return given;
  return plain(before) === '' ? 'Re:' : `Re: ${plain(before)}`;
}

function textOf({ text, author }: Outbound, signature: string): string {
  const signed = cleanLines(signature.replaceAll('{{author}}', author ?? '')).trim();
  // "-- " with its space is what mail programs know a signature by (RFC 3676).
  return signed === '' ? cleanLines(text) : `${cleanLines(text)}\n\n-- \n${signed}`;
}
