import { createHash } from 'node:crypto';
import type { AnyMessageContent, MiscMessageGenerationOptions, WAMessage } from '@whiskeysockets/baileys';
import type { Attachment, EndpointContext, Outbound, Sent, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { readJid } from './jid.ts';
import { type Live, liveSessions } from './live.ts';
import { readEventId } from './party.ts';
import { codeOf } from './policy.ts';
import { isNone, readObject, readString } from './read.ts';
import type { BaileysSettings } from './settings.ts';

/** How long the server may take to say that it has a message; making it (uploading a file) comes before that. */
const ANSWER_MS = 30_000;
const MAKING_MS = 5 * 60_000;

export async function send(
  message: Outbound,
  endpoint: EndpointContext<BaileysSettings>,
  _tools: Tools,
  signal: AbortSignal,
): Promise<Sent> {
  const live = liveSessions.get(endpoint.id);
  if (live === undefined) throw new Later(5, 'WhatsApp is not connected here.');
  const jid = readJid(message.to.reach?.jid);
  if (jid === undefined || !['pn', 'lid', 'group'].includes(jid.kind))
    throw new Refused('WhatsApp blocks numbers that write first: answer people who have written here.');
  const pieces = toPieces(message);
  if (pieces.length === 0) throw new Refused('There is nothing to send.');
  const ids: string[] = [];
  for (const [index, content] of pieces.entries()) {
    const id = messageIdOf(message.idempotencyKey, index);
    const quoted = index === 0 ? await findQuoted(live, jid.text, message.quotes) : undefined;
    const options = { messageId: id, ...(quoted === undefined ? {} : { quoted }) };
    await live.paced(() => deliver(live, jid.text, content, options, signal));
    ids.push(`1:${id}`);
  }
  const [providerId, ...moreIds] = ids as [string, ...string[]];
  return { providerId, ...(moreIds.length === 0 ? {} : { moreIds }) };
}

/**
 * The same for every attempt, so that a repeat is the same message: the recipient's WhatsApp shows an id once. It looks
 * like those of WhatsApp Web: 3EB0 and 18 hex digits.
 */
export function messageIdOf(idempotencyKey: string, piece: number): string {
  const key = piece === 0 ? idempotencyKey : `${idempotencyKey}:${piece}`;
  return `3EB0${createHash('sha256').update(key).digest('hex').slice(0, 18).toUpperCase()}`;
}

/** The text by itself, then each file: one message of WhatsApp carries one file. */
function toPieces({ text, attachments }: Outbound): AnyMessageContent[] {
  // A preview would have the library fetch whatever address stands in the text.
  const written: AnyMessageContent[] = text === '' ? [] : [{ text, linkPreview: null }];
  return [...written, ...attachments.map(toFile)];
}

function toFile({ name, mediaType, bytes }: Attachment): AnyMessageContent {
  const content = Buffer.from(bytes);
  if (mediaType === 'image/jpeg' || mediaType === 'image/png') return { image: content, mimetype: mediaType };
  if (mediaType === 'video/mp4') return { video: content, mimetype: mediaType };
  if (mediaType === 'audio/mpeg' || mediaType === 'audio/mp4') return { audio: content, mimetype: mediaType };
  return { document: content, mimetype: mediaType, fileName: name };
}

async function findQuoted(live: Live, jid: string, quotes: string | undefined): Promise<WAMessage | undefined> {
  const quoted = quotes === undefined ? undefined : readEventId(quotes);
  if (quoted === undefined) return undefined;
  const { fromMe, id } = quoted;
  const content = fromMe ? await live.sent.find(id).catch(() => undefined) : live.recent(id);
  // Without its text the quotation still leads to the message.
  return { key: { remoteJid: jid, fromMe, id }, message: content ?? { conversation: '' } };
}

/** The library resolves once the bytes are in the socket. Only the server's `ack` says that the message was taken. */
async function deliver(
  live: Live,
  jid: string,
  content: AnyMessageContent,
  options: MiscMessageGenerationOptions & { messageId: string },
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw new Later(1, 'Stopped before it was sent.');
  const { socket, sent } = live;
  const answer = socket.waitForMessage<unknown>(options.messageId, MAKING_MS + ANSWER_MS);
  answer.catch(() => undefined);
  let full: WAMessage | undefined;
  try {
    full = await socket.sendMessage(jid, content, options);
  } catch (error) {
    throw readSendError(error);
  }
  // A lost original costs a "waiting for this message" at worst; the message itself is on its way.
  if (!isNone(full?.message)) await sent.keep(options.messageId, full.message).catch(() => undefined);
  const ack = await Promise.race([answer, aborted(signal), expire()]);
  if (ack === undefined) throw new Error('WhatsApp did not say whether it took the message.');
  checkAck(readString(readObject(readObject(ack)?.attrs)?.error));
}

const expire = (): Promise<undefined> =>
  new Promise((resolve) => void setTimeout(() => resolve(undefined), ANSWER_MS).unref());

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** The stanza goes out last, so these came before anything was sent. */
function readSendError(error: unknown): unknown {
  const boom = readObject(error);
  if (codeOf(error) === 428) return new Later(5, 'WhatsApp is not connected.');
  if (boom?.data === 429 || codeOf(error) === 429) return new Later(300, 'WhatsApp asks to write more slowly.');
  if (error instanceof Error && /upload failed on all hosts/i.test(error.message))
    return new Later(30, 'The file could not be uploaded.');
  return error;
}

function checkAck(code: string): void {
  if (code === '') return;
  // Not tried again: each try counts as another cold contact.
  if (code === '463')
    throw new Refused('WhatsApp does not let this number write to people who have not written first.');
  if (code === '479') throw new Refused('WhatsApp rejected the message. Try again, or write from the phone.');
  if (Number(code) >= 500) throw new Later(60, `WhatsApp could not take the message now (${code}).`);
  throw new Refused(`WhatsApp did not take the message (${code}).`);
}
