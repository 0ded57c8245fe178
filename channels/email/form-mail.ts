/** Notifications that site forms send by mail: the client is the one inside, and everything about them is claimed. */
import type { ClaimedIdentity, Field } from '../../src/channel.ts';
import { cleanLine } from './clean.ts';
import type { Mail } from './read-mail.ts';
import type { EmailSettings } from './settings.ts';

export interface FormMail {
  readonly name: string;
  readonly identities: readonly ClaimedIdentity[];
  readonly fields: readonly Field[];
  /** The client's own words. */
  readonly message: string;
  /** Lines that are no answer. */
  readonly rest: string;
}

type Meaning = 'name' | 'phone' | 'email' | 'message' | 'text' | 'ignore';
type FormSender = EmailSettings['formSenders'][number];

const MAX_FIELDS = 100;

/** The setting that names this sender, by address or by `@domain`. */
export function formSenderOf(mail: Mail, settings: EmailSettings): FormSender | undefined {
  const address = mail.from[0]?.address.toLowerCase();
  if (address === undefined) return undefined;
  return settings.formSenders.find(({ from }) => {
    const wanted = from.toLowerCase();
    return wanted.startsWith('@') ? address.endsWith(wanted) : address === wanted;
  });
}

/** `undefined` when the mail has no way to reach anybody in lines like `Phone: +1 555 ...`. */
export function readFormMail(mail: Mail, sender: FormSender | undefined): FormMail | undefined {
  const map = new Map(Object.entries(sender?.map ?? {}).map(([name, meaning]) => [plain(name), meaning]));
  const { answers, rest } = readAnswers(mail.text, map);
  const identities: ClaimedIdentity[] = [];
  for (const { meaning, value } of answers) {
    if (meaning !== 'phone' && meaning !== 'email') continue;
    const clean = cleanLine(
      meaning === 'email' ? value.replace(/^.*<([^<>]+)>.*$/, '$1').replace(/^mailto:/i, '') : value,
      320,
    );
    const known = identities.some((one) => one.kind === meaning && one.value === clean);
    if (!known && identities.length < 6) identities.push({ kind: meaning, value: clean, trust: 'claimed' });
  }
  if (identities.length === 0) return undefined;
  return {
    name: cleanLine(answers.find(({ meaning }) => meaning === 'name')?.value ?? '', 200),
    identities,
    fields: answers
      .filter(({ meaning }) => meaning !== 'message' && meaning !== 'ignore')
      .slice(0, MAX_FIELDS)
      .map(({ name, value, meaning }) => ({ name, value, kind: meaning as Field['kind'] })),
    message: answers
      .filter(({ meaning }) => meaning === 'message')
      .map(({ value }) => value)
      .join('\n\n'),
    rest,
  };
}

interface Answer {
  readonly name: string;
  readonly value: string;
  readonly meaning: Meaning;
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** As people write them above an answer, in both languages; words like "your" in front do not count. */
const NAMES: Readonly<Record<Exclude<Meaning, 'text' | 'ignore'>, readonly string[]>> = {
  phone: [
    'телефон|тел|номер телефона|моб телефон|мобильный телефон|контактный телефон',
    'phone|tel|telephone|phone number|mobile|mobile phone|whatsapp',
  ],
  email: ['почта|эл почта|электронная почта|емейл|имейл', 'email|e mail|mail|email address'],
  name: [
    'имя|фио|имя клиента|имя и фамилия|как вас зовут|контактное лицо|клиент',
    'name|full name|first name|client name|customer name|contact name',
  ],
  message: [
    'сообщение|сообщения|текст сообщения|текст|комментарий|комментарии|вопрос',
    'message|comment|comments|question|enquiry|inquiry|details',
  ],
};

const BY_NAME: ReadonlyMap<string, Meaning> = new Map(
  Object.entries(NAMES).flatMap(([meaning, lists]) =>
    lists.flatMap((list) => list.split('|').map((name) => [name, meaning as Meaning] as const)),
  ),
);

const knownName = (name: string): Meaning | undefined => {
  const key = plain(name);
  return BY_NAME.get(key) ?? BY_NAME.get(key.replace(/^(?:ваш|ваша|ваше|your) /, ''));
};

function meaningOf(name: string, value: string, map: ReadonlyMap<string, Meaning>): Meaning {
  const key = plain(name);
  const meaning = map.get(key) ?? knownName(name) ?? 'text';
  if (meaning === 'phone') return looksLikePhone(value) ? 'phone' : looksLikeEmail(value) ? 'email' : 'text';
  if (meaning === 'email') return looksLikeEmail(value) ? 'email' : looksLikePhone(value) ? 'phone' : 'text';
  return meaning;
}

const looksLikePhone = (value: string): boolean =>
  value.length <= 40 && /^\+?[\d\s().–—-]+$/.test(value) && /^\d{5,17}$/.test(value.replace(/\D/g, ''));

const looksLikeEmail = (value: string): boolean =>
  value.length <= 300 && /(?:^|<|mailto:)[^\s@<>,;"]{1,64}@[^\s@<>,;"]+\.[^\s@<>.,;"]{2,}>?$/i.test(value);

/**
 * `Name: value`, or the name alone and the value on the next line; a message goes on until the next name. A name is at
 * most 60 characters without a full stop, so that sentences with a colon are none.
 */
function readAnswers(text: string, map: ReadonlyMap<string, Meaning>): { answers: Answer[]; rest: string } {
  const answers: Answer[] = [];
  const rest: string[] = [];
  let open: { name: string; meaning: Meaning; lines: string[] } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const value = open.lines.join('\n').trim();
    if (value !== '' && answers.length < MAX_FIELDS)
      answers.push({
        name: open.name,
        value,
        meaning: open.meaning === 'message' ? 'message' : meaningOf(open.name, value, map),
      });
    open = undefined;
  };
  for (const line of text.split('\n').slice(0, 2000)) {
    const match = /^\s*([^:.<>@\n]{1,60}?)\s*:(?!\/\/)\s*(.*)$/u.exec(line.slice(0, 5000));
    const name = cleanLine(match?.[1] ?? '', 60);
    const named = match !== null && /\p{L}/u.test(name) && !/^https?$/i.test(name);
    const meaning = named ? meaningOf(name, match[2] ?? '', map) : 'text';
    const isKnown = named && (meaning !== 'text' || map.has(plain(name)) || knownName(name) !== undefined);
    const isOver = open?.meaning !== 'message' || open.lines.at(-1)?.trim() === '';
    if (named && (isOver || isKnown)) {
      close();
      open = { name, meaning, lines: [match[2] ?? ''] };
    } else if (open !== undefined && (open.meaning === 'message' || open.lines.join('').trim() === ''))
      open.lines.push(line);
    else {
      close();
      if (line.trim() !== '') rest.push(line.trim());
    }
  }
  close();
  return { answers, rest: rest.join('\n') };
}
