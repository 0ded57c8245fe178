/** What a client pressed or filled in: buttons, lists, forms ("flows"), orders from the catalogue. */
import { cleanLine, cleanText, type Field } from '../../src/channel.ts';
import { isRecord, type Loose, list, part, string } from './loose.ts';
import type { Words } from './words.ts';

const MOST_FIELDS = 100;
const MOST_ITEMS = 100;

/** `interactive` has come with no payload at all, beside `value.errors` 131000: then we know of a press and no more. */
export function readInteractive(message: Loose, say: Words): { text: string; fields?: Field[] } {
  const interactive = part(message, 'interactive');
  const kind = string(interactive.type);
  const reply = part(interactive, kind);
  if (kind === 'nfm_reply') return readFlow(reply, say);
  const text = [reply.title, reply.description]
    .map((line) => cleanText(string(line), 2000))
    .filter((line) => line !== '')
    .join('\n');
  if (text !== '') return { text };
  if (kind !== '' && kind !== 'button_reply' && kind !== 'list_reply')
    return { text: say.unsupported(cleanLine(kind, 100)) };
  return { text: cleanText(string(reply.id), 500) || say.noChoice };
}

/** `response_json` is a string of JSON; `flow_token` in it is ours and not an answer, and may be absent. */
function readFlow(reply: Loose, say: Words): { text: string; fields?: Field[] } {
  const text = cleanText(string(reply.body), 2000) || say.form;
  const json = string(reply.response_json);
  const answers = parseObject(json);
  if (answers === undefined) return { text: [text, cleanText(json, 10_000)].join('\n').trim() };
  const fields = Object.entries(answers)
    .filter(([name]) => name !== 'flow_token')
    .slice(0, MOST_FIELDS)
    .map(([name, value]) => toField(cleanLine(name, 200), cleanText(written(value), 5000)))
    .filter(({ name, value }) => name !== '' && value !== '');
  return { text, ...(fields.length === 0 ? {} : { fields }) };
}

function parseObject(json: string): Loose | undefined {
  if (json === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function written(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.map(String).join(', ');
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** Masks what looks like a phone or an address; it identifies nobody: the form may ask for a friend's number. */
function toField(name: string, value: string): Field {
  if (/^[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@]{2,}$/.test(value)) return { name, value, kind: 'email' };
  const digits = value.replace(/\D/g, '').length;
  const phone = /^\+?[\d\s().-]{7,30}$/.test(value) && digits >= 7 && digits <= 15;
  if (phone && (value.startsWith('+') || /phone|mobile|tel|whatsapp|телефон|номер/i.test(name)))
    return { name, value, kind: 'phone' };
  return { name, value, kind: 'text' };
}

/** A quick reply of a template; its text is what the client saw. */
export function readButton(message: Loose, say: Words): { text: string } {
  const button = part(message, 'button');
  return { text: cleanText(string(button.text), 2000) || cleanText(string(button.payload), 500) || say.noChoice };
}

export function readOrder(message: Loose, say: Words): { text: string } {
  const order = part(message, 'order');
  const items = list(order.product_items).filter(isRecord).slice(0, MOST_ITEMS);
  const lines = items.map((item) => {
    const price = [string(item.item_price), string(item.currency)].join(' ').trim();
    const what = cleanLine(string(item.product_retailer_id), 200) || '?';
    return say.orderLine(cleanLine(string(item.quantity), 20) || '?', what, cleanLine(price, 60));
  });
  const sum = totalOf(items);
  const note = cleanText(string(order.text), 5000);
  return {
    text: [`${say.order}:`, ...lines, ...(sum === undefined ? [] : [say.total(sum)]), note].join('\n').trim(),
  };
}

/** Only where it cannot be wrong: every line has a price in the same currency. */
function totalOf(items: readonly Loose[]): string | undefined {
  const currencies = new Set(items.map(({ currency }) => cleanLine(string(currency), 10)));
  const sums = items.map(({ quantity, item_price }) => Number(string(quantity)) * Number(string(item_price)));
  const [currency = ''] = currencies;
  if (items.length === 0 || currencies.size !== 1 || currency === '') return undefined;
  if (items.some(({ quantity, item_price }) => string(quantity) === '' || string(item_price) === '')) return undefined;
  const sum = sums.reduce((all, one) => all + one, 0);
  return Number.isFinite(sum) ? `${Math.round(sum * 100) / 100} ${currency}` : undefined;
}
