import type { EndpointContext, InboundRequest, Nothing, ParsedEvent } from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { domainOf, isOwnAddress } from './addresses.ts';
import { classify, type MailClass } from './classify.ts';
import { formSenderOf, readFormMail } from './form-mail.ts';
import { messageIdOf, threadOf } from './ids.ts';
import { type Context, isThroughGroup, toFormEvent, toLetter, toSentLetter } from './letter.ts';
import { type Mail, readMail } from './read-mail.ts';
import { readDeliveryReport, readReadReport } from './report.ts';
import type { EmailSettings } from './settings.ts';

/** One mail is one message, or a receipt for one of ours. The raw bytes are a mail however they came. */
export async function parse(
  request: InboundRequest,
  endpoint: EndpointContext<EmailSettings>,
): Promise<readonly ParsedEvent[] | Nothing> {
  if (request.body.length === 0) throw new Malformed('The mail is empty.');
  const mail = await readMail(request.body);
  const context: Context = { mail, request, endpoint };
  if (request.headers['x-inlet-sent'] === '1') return toSentLetter(context);
  const kind = classify(mail, domainOf(endpoint.settings.address), request.headers['x-inlet-envelope-from']);
  const report = readReport(mail, kind, endpoint.settings);
  if (report !== undefined) return report;
  return readMessage(context, kind);
}

/** Names that robots of sites write under; only those are looked at for a form without a setting. */
const ROBOT =
  /^(?:no-?reply|do-?not-?reply|robot|wordpress|site|form|forms|notify|notifications?|mailer|webmaster|www-data)\b/i;

async function readMessage(context: Context, kind: MailClass): Promise<readonly ParsedEvent[] | Nothing> {
  const { mail, endpoint } = context;
  const { address } = endpoint.settings;
  const from = mail.from[0]?.address ?? '';
  const isOurs = isOwnAddress(from, address);
  const sender = formSenderOf(mail, endpoint.settings);
  const isAnswer = threadOf(mail).chain.length > 0;
  // Our own mail that a list or a rule brought back: its id is made of our key.
  if (isOurs && OWN_ID.test(messageIdOf(mail) ?? '')) return { ignored: 'our own mail came back' };
  const robot = kind === 'automatic' || kind === 'notification' || isOurs || ROBOT.test(from);
  if (sender !== undefined || (robot && kind !== 'list' && !isAnswer)) {
    const form = readFormMail(mail, sender);
    if (form !== undefined) return [await toFormEvent(context, form)];
  }
  // A site that writes in our name, or in its own, and gives the client in Reply-To.
  const client = mail.replyTo.find((one) => !isOwnAddress(one.address, address));
  if ((sender !== undefined || isOurs) && client !== undefined && (!isAnswer || isThroughGroup(mail)))
    return [await toLetter(context, kind, client)];
  if (isOurs) return { ignored: 'a mail from our own address' };
  return [await toLetter(context, sender === undefined ? kind : 'letter')];
}

const OWN_ID = /^<[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}@/i;

function readReport(
  mail: Mail,
  kind: MailClass,
  settings: EmailSettings,
): readonly ParsedEvent[] | Nothing | undefined {
  if (kind === 'read-report') {
    const receipt = readReadReport(mail);
    return receipt === undefined ? { ignored: 'a read receipt that says nothing of our mails' } : [receipt];
  }
  if (kind !== 'delivery-report' && kind !== 'mailer') return undefined;
  const report = readDeliveryReport(mail, settings.address);
  if (report === undefined) return undefined;
  const { state, reason } = report;
  if (state === 'delayed') return { ignored: 'a mail of ours is delayed; the server keeps trying' };
  return report.of.map((of) => ({ kind: 'receipt', of, state, ...(state === 'failed' ? { reason } : {}) }) as const);
}
