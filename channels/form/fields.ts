/** What a field means, by its name first and by the look of its value second. English and Russian. */
export type Meaning =
  | 'name'
  | 'first'
  | 'middle'
  | 'last'
  | 'phone'
  | 'email'
  | 'contact'
  | 'message'
  | 'consent'
  | 'ignore'
  | 'text';

const NAMES: Readonly<Record<Exclude<Meaning, 'ignore' | 'text'>, string>> = {
  name: `
    name|full name|fullname|fio|client name|contact name|имя|фио|имя фамилия|имя и фамилия|
    фамилия имя|фамилия и имя|фамилия имя отчество|зовут|как зовут|как к вам обращаться|
    представьтесь|контактное лицо|name surname`,
  first: `first name|name first|firstname|fname|given name|first`,
  middle: `middle name|name middle|middlename|patronymic|отчество`,
  last: `last name|name last|lastname|lname|surname|family name|last|фамилия`,
  phone: `
    phone|tel|telephone|mobile|mobile phone|cell|cell phone|cellphone|phone number|mobile number|
    telephone number|phonenumber|whatsapp|whatsapp number|телефон|тел|номер|номер телефона|мобильный|
    мобильный телефон|сотовый|сотовый телефон|моб телефон|вотсап|ватсап`,
  email: `
    email|e mail|mail|email address|e mail address|mail address|emailaddress|почта|эл почта|эл адрес|
    электронная почта|электронный адрес|адрес электронной почты|адрес почты|имейл|емейл|мейл|емайл|
    е mail`,
  contact: `
    contact|contacts|phone or email|email or phone|phone email|email phone|контакт|контакты|
    контактные данные|связь|телефон или email|телефон или почта|email или телефон|телефон email|
    как связаться|как с вами связаться`,
  message: `
    message|msg|comment|comments|question|text|textarea|enquiry|inquiry|request|notes|note|details|
    сообщение|текст сообщения|комментарий|комментарии|вопрос|текст|текст заявки|примечание|описание|
    пожелания|комментарий к заказу`,
  consent: `
    consent|agree|agreement|i agree|gdpr|gdpr consent|privacy|privacy policy|acceptance|accept|
    accept terms|terms|policy|personal data|checkbox|согласие|согласен|согласна|
    согласие на обработку персональных данных|согласие на обработку|обработка персональных данных|
    персональные данные|политика|политика конфиденциальности|я согласен|pdn|пдн`,
};

const BY_NAME: ReadonlyMap<string, Meaning> = new Map(
  Object.entries(NAMES).flatMap(([meaning, names]) =>
    names.split('|').map((name) => [name.trim(), meaning as Meaning] as const),
  ),
);

/** Words that say whose field it is, not what it holds: `your-name`, `Ваш телефон`, `contact_email`, `phone_2`. */
const FILLER = new Set(
  `your my the user client customer visitor lead contact billing field input enter please primary work
    home ваш ваше ваша ваши вас мой моё мое контактный контактная клиента укажите введите напишите
    рабочий`.split(/\s+/),
);

/** Containers that only wrap the answers: `contact.phone` is a phone, `company.name` is not a person's name. */
const WRAPPER =
  /^(?:fields?|form_?fields|contact|customer|client|user|visitor|person|lead|data|values|answers|payload|body)$/i;

/** `fields[your-phone]`, `contact.phone`, `phone[]` -> the part that names the answer. */
export function leafName(name: string): string {
  const path = name
    .replace(/\[\]$/, '')
    .split(/[.[\]]+/)
    .filter((part) => part !== '');
  let skip = 0;
  while (skip < path.length - 1 && WRAPPER.test(path[skip]!)) skip += 1;
  return path.slice(skip).join(' ');
}

/**
 * A site has a handful of field names and posts them all day; a stranger's thousand new ones push nothing out of
 * order.
 */
const MAX_REMEMBERED = 2000;

function remember<T>(read: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const fresh = read(name);
    if (known.size >= MAX_REMEMBERED) known.clear();
    if (name.length <= 200) known.set(name, fresh);
    return fresh;
  };
}

const tokens = remember((name: string): readonly string[] =>
  leafName(name)
    .slice(0, 200)
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((token) => token !== ''),
);

export function meaningOf(name: string, fieldMap: ReadonlyMap<string, Meaning>): Meaning {
  const mapped = fieldMap.get(name.toLowerCase()) ?? fieldMap.get(leafName(name).toLowerCase());
  return mapped ?? builtInMeaning(name);
}

const builtInMeaning = remember((name: string): Meaning => {
  const all = tokens(name);
  const whole = BY_NAME.get(all.join(' '));
  if (whole !== undefined) return whole;
  const bare = all
    .map((token) => token.replace(/(?<=\p{L})\d+$/u, ''))
    .filter((token) => !FILLER.has(token) && !/^\d+$/.test(token));
  return BY_NAME.get(bare.join(' ')) ?? 'text';
});

/** A longer label that speaks of a phone or a mail: «Телефон для связи», `delivery_phone`. The value must agree. */
export function hintOf(name: string): 'phone' | 'email' | undefined {
  const all = tokens(name);
  if (all.some((token) => /^(?:e?mail|почт|имейл|емейл)/.test(token))) return 'email';
  return all.some((token) => /^(?:phone|tel$|mobile|whatsapp|телефон|моб)/.test(token)) ? 'phone' : undefined;
}

export const looksLikeEmail = (value: string): boolean =>
  value.length <= 254 && /^[^\s@,;<>"()]{1,64}@[^\s@,;<>"()]+\.[^\s@.,;<>"()]{2,}$/u.test(value);

/** Enough digits, and nothing but what people put between them. */
export function looksLikePhone(value: string): boolean {
  if (value.length > 40 || !/^\+?[\d\s().‐-―\-–—/]+(?:(?:доб|ext|x)\.?\s*\d{1,6})?$/iu.test(value)) return false;
  const digits = value.replace(/(?:доб|ext|x).*$/iu, '').replace(/\D/g, '').length;
  return digits >= 5 && digits <= 17;
}

/** For fields whose name says nothing: only what can hardly be a price, a date or an order number. */
export const surelyPhone = (value: string): boolean =>
  looksLikePhone(value) &&
  !/^\d{4}-\d\d-\d\d|^\d\d\.\d\d\.\d{4}/.test(value) &&
  (/^\+[\d\s().-]{10,}$/.test(value) || /^8[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d\d[\s-]*\d\d$/.test(value));

export const isYes = (value: string): boolean =>
  /^(?:on|yes|y|true|1|checked|agree|agreed|accepted|i agree|да|согласен|согласна|согласен\(на\)|принимаю)$/i.test(
    value.trim(),
  );
