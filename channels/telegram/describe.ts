/** A readable line for what is neither text nor a file. */

import type { Message } from 'grammy/types';
import { cleanLine, cleanText } from '../../src/channel.ts';
import { asCount, asObject, asObjects, asText, type Json } from './loose.ts';
import { readRichText } from './rich-text.ts';
import { fill, type Words } from './words.ts';

type Describe = (part: Json, say: Words, message: Json) => string;

const line = (...parts: unknown[]): string => cleanLine(parts.map(asText).filter(Boolean).join(', '), 500);

/** In the currency's smallest unit, as Telegram counts: kopecks, cents, whole yen, whole stars (XTR). */
const money = (part: Json): string => {
  const amount = asCount(part.total_amount);
  const currency = asText(part.currency);
  if (amount === undefined || !/^[A-Z]{3}$/.test(currency)) return '';
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  const digits = currency === 'XTR' ? 0 : maximumFractionDigits;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
};

const bullets = (title: unknown, items: readonly Json[]): string =>
  [line(title), ...items.slice(0, 100).map((item) => `- ${line(item.text)}`)].join('\n');

const DESCRIBE: readonly (readonly [keyof Message, Describe])[] = [
  ['contact', describeContact],
  ['poll', (poll, say) => fill(say.poll, bullets(poll.question, asObjects(poll.options)))],
  ['checklist', (list, say) => fill(say.checklist, bullets(list.title, asObjects(list.tasks)))],
  ['dice', (dice, say) => fill(say.dice, `${line(dice.emoji)} ${asCount(dice.value) ?? '?'}`)],
  ['game', (game, say) => fill(say.game, line(game.title, game.description))],
  ['story', (_, say) => say.story],
  ['paid_media', (paid, say) => fill(say.paidMedia, String(asCount(paid.star_count) ?? '?'))],
  ['invoice', (invoice, say) => fill(say.invoice, line(invoice.title, invoice.description, money(invoice)))],
  ['successful_payment', (paid, say) => fill(say.payment, line(money(paid)))],
  ['refunded_payment', (paid, say) => fill(say.refund, line(money(paid)))],
  ['gift', (_, say) => say.gift],
  ['unique_gift', (_, say) => say.gift],
  // What a mini app hands over is often the request itself.
  ['web_app_data', (data) => cleanText(`${line(data.button_text)}\n${asText(data.data)}`)],
  ['rich_message', (rich) => cleanText(readRichText(rich))],
  ['sticker', (sticker) => line(sticker.emoji)],
];

export function describe(message: Json, say: Words): string {
  for (const [kind, describeKind] of DESCRIBE) {
    const part = asObject(message[kind]);
    if (part !== undefined) return describeKind(part, say, message);
  }
  return '';
}

function describeContact(contact: Json, say: Words, message: Json): string {
  const phone = readPhone(contact) ?? line(contact.phone_number);
  if (isOwn(contact, message)) return fill(say.ownPhone, phone);
  const name = line([contact.first_name, contact.last_name].map(asText).filter(Boolean).join(' '));
  return fill(say.contact, line(name, phone));
}

/** Anybody can pass on anybody's card: only `user_id` tells whose number it is. */
export function isOwn(contact: Json, message: Json): boolean {
  return contact.user_id !== undefined && contact.user_id === asObject(message.from)?.id;
}

/** With its plus, which Telegram leaves out now and then. */
export function readPhone(contact: Json): string | undefined {
  const digits = asText(contact.phone_number).replace(/[\s().-]/g, '');
  return /^\+?\d{5,20}$/.test(digits) ? `+${digits.replace(/^\+/, '')}` : undefined;
}
