import {
  cutText,
  type EndpointContext,
  type Flag,
  type InboundEvent,
  type InboundRequest,
  type Nothing,
  type ParsedEvent,
  type Reach,
} from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { baseAddress, domainOf, isOwnAddress, tagOf } from './addresses.ts';
import { readAttachments } from './attachments.ts';
import { isAuthentic } from './authenticity.ts';
import type { MailClass } from './classify.ts';
import { cleanLines } from './clean.ts';
import type { FormMail } from './form-mail.ts';
import { eventIdOf, messageIdOf, threadOf } from './ids.ts';
import type { Mail, Person } from './read-mail.ts';
import type { EmailSettings } from './settings.ts';
import { stripQuotes } from './strip-quotes.ts';
import { wordsFor } from './words.ts';

export interface Context {
  readonly mail: Mail;
  readonly request: InboundRequest;
  readonly endpoint: EndpointContext<EmailSettings>;
}

const MAX_TEXT = 20_000;
const MAX_REST = 50_000;
const MAX_HTML = 200_000;

/** A letter of a person or a machine. `client` is given where the sender of the mail is not the client. */
export async function toLetter(context: Context, kind: MailClass, client?: Person): Promise<InboundEvent> {
  const { mail, endpoint } = context;
  const sender = client ?? senderOf(mail);
  if (sender === undefined) throw new Malformed('The mail names no sender.');
  const trust = client !== undefined ? 'claimed' : isAuthentic(mail, endpoint.settings) ? 'attested' : 'observed';
  const words = stripQuotes(mail.text);
  const flags: Flag[] = [];
  if (kind === 'automatic' || kind === 'notification' || isReport(kind)) flags.push('automatic');
  if (kind === 'list') flags.push('list');
  // Through a group of ours it is no form: the group wrote the letter anew in our name.
  if (client !== undefined && !isThroughGroup(mail)) flags.push('form-mail');
  if (isCalendar(mail)) flags.push('calendar');
  if (words.forwarded) flags.push('forwarded');
  if (trust !== 'attested' || answersGoElsewhere(mail)) flags.push('unconfirmed');
  if (context.request.headers['x-inlet-junk'] === '1') flags.push('junk');
  const quiet = client === undefined ? quietReason(kind, mail, endpoint.settings.address) : undefined;
  return {
    ...(await common(context, words.text, words.rest)),
    ...aliasesOf(mail),
    kind: 'text',
    sender: {
      ...named(sender.name),
      ...languageOf(mail),
      identities: [{ kind: 'email', value: sender.address, trust }],
    },
    reach: reachOf(context, sender.address),
    ...(flags.length === 0 ? {} : { flags }),
    ...(quiet === undefined ? {} : { quiet }),
  };
}

/** A notification of a site's form. Who sent the mail is the site; the client is the one inside. */
export async function toFormEvent(context: Context, form: FormMail): Promise<InboundEvent> {
  const flags: Flag[] = ['form-mail'];
  if (!isAuthentic(context.mail, context.endpoint.settings)) flags.push('unconfirmed');
  if (context.request.headers['x-inlet-junk'] === '1') flags.push('junk');
  const email = form.identities.find(({ kind }) => kind === 'email')?.value;
  return {
    ...(await common(context, form.message, form.rest)),
    ...aliasesOf(context.mail),
    kind: 'form',
    sender: { ...named(form.name), identities: form.identities },
    fields: form.fields,
    ...(email === undefined ? {} : { reach: reachOf(context, email) }),
    flags,
  };
}

/** Written by our side in the mailbox itself. Its bare id is the one that `send` gave, where we sent it. */
export async function toSentLetter(context: Context): Promise<readonly ParsedEvent[] | Nothing> {
  const { mail, request, endpoint } = context;
  const own = endpoint.settings.address;
  const client = [...mail.to, ...mail.cc].find(({ address }) => !isOwnAddress(address, own));
  if (client === undefined) return { ignored: 'a sent mail to nobody but ourselves' };
  const words = stripQuotes(mail.text);
  const id = messageIdOf(mail) ?? eventIdOf(mail, request.body);
  return [
    {
      ...(await common(context, words.text, words.rest)),
      eventId: id,
      kind: 'text',
      direction: 'outbound',
      sender: { ...named(client.name), identities: [{ kind: 'email', value: client.address, trust: 'observed' }] },
    },
  ];
}

/** What other mails call it. */
function aliasesOf(mail: Mail): { aliases?: string[] } {
  const id = messageIdOf(mail);
  return id === undefined ? {} : { aliases: [id] };
}

/** What every kind of mail has. */
async function common(context: Context, words: string, left: string): Promise<Omit<InboundEvent, 'kind' | 'sender'>> {
  const { mail, request, endpoint } = context;
  const say = wordsFor(endpoint.language);
  const files = await readAttachments(mail, say);
  const notes = [...files.notes];
  const truncated = request.headers['x-inlet-truncated'];
  if (truncated !== undefined) notes.push(say.truncated.replace('{size}', String(endpoint.settings.maxMessageMb)));
  if (mail.broken !== undefined) notes.push(say.broken.replace('{why}', mail.broken));
  const { text, rest } = share(words, left, cleanLines(notes.join('\n')));
  const { parent, chain } = threadOf(mail);
  const references = [...new Set([...chain, ...taggedIds(context)])].slice(-30);
  const at = dateOf(mail, request.receivedAt);
  return {
    eventId: eventIdOf(mail, request.body),
    direction: 'inbound',
    ...(at === undefined ? {} : { at }),
    ...(text === '' ? {} : { text }),
    ...(mail.subject === '' ? {} : { subject: mail.subject }),
    ...(rest === '' ? {} : { rest }),
    ...(mail.html.trim() === '' ? {} : { html: cutText(mail.html, MAX_HTML) }),
    ...(files.attachments.length === 0 ? {} : { attachments: files.attachments }),
    ...(parent === undefined ? {} : { quotes: parent }),
    ...(references.length === 0 ? {} : { references }),
  };
}

/** The notes always stand in the text; what is too long for it goes on in the rest. */
function share(words: string, left: string, notes: string): { text: string; rest: string } {
  const room = MAX_TEXT - (notes === '' ? 0 : notes.length + 2);
  const shown = cutText(words, room);
  const over = words.slice(shown.length);
  const text = [shown.trim(), cutText(notes, MAX_TEXT / 2)].filter((part) => part !== '').join('\n\n');
  const rest = [over, left].filter((part) => part.trim() !== '').join('\n\n');
  return { text: cutText(text, MAX_TEXT), rest: cutText(rest, MAX_REST) };
}

/** From; without one whoever else answers for the mail. */
const senderOf = (mail: Mail): Person | undefined => {
  const envelope = /<([^<>\s@]+@[^<>\s@]+)>/.exec(mail.header('return-path'))?.[1];
  return mail.from[0] ?? mail.replyTo[0] ?? (envelope === undefined ? undefined : { name: '', address: envelope });
};

const isReport = (kind: MailClass): boolean =>
  kind === 'mailer' || kind === 'delivery-report' || kind === 'read-report';

function quietReason(kind: MailClass, mail: Mail, own: string): string | undefined {
  if (kind === 'automatic') return 'automatic answer';
  if (isReport(kind)) return 'report of a mail server';
  // Somebody who answers us through a list is answering us.
  const answersUs = threadOf(mail).chain.some((id) => id.toLowerCase().endsWith(`@${domainOf(own)}>`));
  return kind === 'list' && !answersUs ? 'mailing list' : undefined;
}

/** Google's groups write "Anna via Sales" in our name where the sender's DMARC would break, answers included. */
export const isThroughGroup = (mail: Mail): boolean =>
  mail.header('x-original-from') !== '' || mail.header('x-original-sender') !== '';

const isCalendar = (mail: Mail): boolean =>
  mail.parts.some(({ mimeType }) => mimeType === 'text/calendar' || mimeType === 'application/ics');

/** An answer would go to another company than the one that seems to write. */
function answersGoElsewhere(mail: Mail): boolean {
  const [from, to] = [mail.from[0], mail.replyTo[0]];
  return from !== undefined && to !== undefined && domainOf(from.address) !== domainOf(to.address);
}

const named = (name: string): { name?: string } => (name === '' ? {} : { name: cutText(name, 200) });

/** Outlook and some webmails say it. */
function languageOf(mail: Mail): { language?: string } {
  const tag = /^\s*([a-z]{2,3})(?:-|\s*$|,)/i.exec(mail.header('content-language'))?.[1]?.toLowerCase();
  return tag === undefined ? {} : { language: tag };
}

/** A day of a wrong clock is forgiven; what claims to be of another year was received when it was received. */
const DAY_MS = 86_400_000;

function dateOf(mail: Mail, receivedAt: Date): Date | undefined {
  const time = Date.parse(mail.header('date').replace(/\([^()]*\)/g, ''));
  if (Number.isNaN(time)) return undefined;
  const age = receivedAt.getTime() - time;
  return age > -DAY_MS && age < 60 * DAY_MS ? new Date(Math.min(time, receivedAt.getTime())) : undefined;
}

/** Which address really got it: a forward or a Bcc leaves the plus address out of To. */
function taggedIds({ mail, request, endpoint }: Context): string[] {
  const own = endpoint.settings.address;
  const places = ['delivered-to', 'x-original-to', 'envelope-to'].map((name) => mail.header(name));
  places.push(request.headers['x-inlet-envelope-to'] ?? '', ...[...mail.to, ...mail.cc].map(({ address }) => address));
  return places.flatMap((place) => {
    const key = place.includes('@') ? tagOf(place.replace(/[<>\s]/g, ''), own) : undefined;
    return key === undefined ? [] : [`<${key}@${domainOf(own)}>`];
  });
}

/** Answers go to Reply-To, which need not be the sender; never to ourselves. */
function reachOf({ mail, endpoint }: Context, client: string): Reach {
  const own = baseAddress(endpoint.settings.address);
  const to = mail.replyTo.find(({ address }) => baseAddress(address) !== own)?.address ?? client;
  const messageId = messageIdOf(mail);
  const { chain } = threadOf(mail);
  const references: string[] = [];
  let room = 5000;
  for (const id of chain.toReversed()) {
    room -= id.length + 10;
    if (room < 0 || references.length >= 20) break;
    references.unshift(id);
  }
  return {
    to,
    ...(mail.subject === '' ? {} : { subject: cutText(mail.subject, 500) }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(references.length === 0 ? {} : { references }),
  };
}
