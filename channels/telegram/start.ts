import type { InboundEvent } from '../../src/channel.ts';
import { asText, type Json } from './loose.ts';

/** `https://t.me/<bot>?start=PAYLOAD`, 1 to 64 of these characters, arrives as the text `/start PAYLOAD`. */
const START = /^\/start(?:@\w{1,64})? ([A-Za-z0-9_-]{1,64})$/;

/**
 * What a link to the bot carried: a campaign for the reports, and untouched among the click ids. Telegram keeps
 * `bizChat<id>` for itself, to open a client's business chat.
 */
export function readStart(message: Json): Pick<InboundEvent, 'source'> & { text?: string } {
  const payload = START.exec(asText(message.text).trim())?.[1];
  if (payload === undefined) return {};
  if (/^bizChat\d+$/.test(payload)) return { text: '/start' };
  return { text: '/start', source: { utm: { campaign: payload }, clickIds: { start: payload } } };
}
