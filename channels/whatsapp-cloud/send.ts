import type { Attachment, Outbound, Sent, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { type CloudEndpoint, postGraph } from './call-graph.ts';
import { id, isRecord, type Loose, list } from './loose.ts';
import { kindOf, type Piece, planPieces, uploadType } from './plan-pieces.ts';

/** @throws {Later} {Refused} {Error} the outcome is not known: Meta does not deduplicate */
export async function send(
  message: Outbound,
  endpoint: CloudEndpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Sent> {
  const to = addressOf(message.to);
  const contents = await contentsOf(message, endpoint, tools, signal);
  const ids: string[] = [];
  for (const [at, content] of contents.entries()) {
    const body = {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      ...to,
      // Comes back in the statuses of this message.
      biz_opaque_callback_data: message.idempotencyKey,
      ...(at === 0 && message.quotes !== undefined ? { context: { message_id: message.quotes } } : {}),
      ...content,
    };
    try {
      ids.push(await sendOne(body, endpoint, tools, signal));
    } catch (error) {
      throw at === 0 ? error : sentInPart(error, at, contents.length);
    }
  }
  const [providerId, ...moreIds] = ids;
  return { providerId: providerId!, ...(moreIds.length === 0 ? {} : { moreIds }) };
}

/** `to` for an id or a phone, exactly as received; `recipient` for a business-scoped user id. */
function addressOf({ reach, identity }: Outbound['to']): { to: string } | { recipient: string } {
  const to = id(reach?.to);
  const recipient = id(reach?.recipient);
  if (to !== undefined) return { to };
  if (recipient !== undefined) return { recipient };
  if (identity?.kind === 'whatsapp-bsuid') return { recipient: identity.value };
  const phone = identity?.kind === 'phone' ? identity.value.trim() : '';
  // Without a country code Meta would take the business's own country, and write to somebody else.
  if (/^\+[\d\s().-]{7,30}$/.test(phone)) return { to: phone.replace(/\D/g, '') };
  throw new Refused('The client has no WhatsApp address: a phone number with its country code (+7 ...) is needed.');
}

/** Everything is uploaded before the first message goes out: until then a failure leaves no trace. */
async function contentsOf(
  message: Outbound,
  endpoint: CloudEndpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Loose[]> {
  const { template, ask, text, attachments } = message;
  if (template !== undefined) {
    if (attachments.length > 0)
      throw new Refused('A template cannot carry files: send them after the client answered.');
    return [templateContent(template)];
  }
  if (ask === 'phone') return [askContent(text)];
  const pieces = planPieces(message);
  if (pieces.length === 0) throw new Refused('There is nothing to send: no text and no file.');
  const contents: Loose[] = [];
  for (const piece of pieces) contents.push(await pieceContent(piece, endpoint, tools, signal));
  return contents;
}

function templateContent({ name, language, variables }: NonNullable<Outbound['template']>): Loose {
  // Line ends, tabs and more than four spaces in a variable are an error (132018).
  const parameters = variables.map((one) => ({ type: 'text', text: one.replace(/\s+/gu, ' ').trim() }));
  const components = parameters.length === 0 ? {} : { components: [{ type: 'body', parameters }] };
  return { type: 'template', template: { name, language: { code: language }, ...components } };
}

/** WhatsApp's own button; the answer is a `contacts` message of the origin `contact_request`. */
const askContent = (text: string): Loose => ({
  type: 'interactive',
  interactive: { type: 'request_contact_info', body: { text }, action: { name: 'request_contact_info' } },
});

async function pieceContent(piece: Piece, endpoint: CloudEndpoint, tools: Tools, signal: AbortSignal): Promise<Loose> {
  if ('text' in piece) return { type: 'text', text: { body: piece.text, preview_url: false } };
  const { file, caption } = piece;
  const kind = kindOf(file);
  const media = {
    id: await upload(file, endpoint, tools, signal),
    ...(caption.trim() === '' ? {} : { caption }),
    ...(kind === 'document' ? { filename: file.name } : {}),
  };
  return { type: kind, [kind]: media };
}

async function upload(file: Attachment, endpoint: CloudEndpoint, tools: Tools, signal: AbortSignal): Promise<string> {
  const type = uploadType(file);
  const body = new FormData();
  body.set('messaging_product', 'whatsapp');
  body.set('type', type);
  body.set('file', new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type }), file.name);
  const path = `${endpoint.settings.phoneNumberId}/media`;
  const answer = await postGraph({ path, body, visible: false }, endpoint, tools, signal);
  const mediaId = id(answer.id);
  if (mediaId === undefined) throw new Later(60, 'WhatsApp took a file and gave it no id.');
  return mediaId;
}

async function sendOne(body: Loose, endpoint: CloudEndpoint, tools: Tools, signal: AbortSignal): Promise<string> {
  const path = `${endpoint.settings.phoneNumberId}/messages`;
  const answer = await postGraph({ path, body, visible: true }, endpoint, tools, signal);
  const sent = id(list(answer.messages).find(isRecord)?.id);
  if (sent === undefined) throw new Error('WhatsApp answered without the id of a message.');
  return sent;
}

/** A repeat would send the first parts twice, so there is no later. */
function sentInPart(error: unknown, sent: number, all: number): Error {
  const part = `Only ${sent} of ${all} parts went out.`;
  if (error instanceof Later || error instanceof Refused) return new Refused(`${part} ${error.message}`);
  return new Error(`${part} Whether the next one did is not known.`, { cause: error });
}
