import { z } from 'zod';
import type { SettingMeta } from '../../src/channel.ts';
import { requirementsOf, shapes, TITLES } from './provider-settings.ts';

export type Provider = keyof typeof TITLES;

const providers = Object.keys(TITLES) as [Provider, ...Provider[]];

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
/** IPv4 to the letter; IPv6 roughly: what cannot be read matches nobody. */
const NETWORK = new RegExp(
  `^(?:${OCTET}(?:\\.${OCTET}){3}(?:/(?:3[0-2]|[12]?\\d))?|[0-9a-f:]*:[0-9a-f:.]*(?:/1?\\d?\\d)?)$`,
  'i',
);

const line = z.object({
  number: z.string().min(2).max(40),
  title: z.string().max(100).optional(),
  source: z.string().max(100).optional(),
  medium: z.string().max(100).optional(),
  campaign: z.string().max(100).optional(),
});

const common = {
  provider: z.enum(providers).meta({
    title: 'Provider',
    description: 'Whose telephony this line is. What to paste where is on the page of the provider in the docs.',
    ru: {
      title: 'Провайдер',
      description: 'Чья это телефония. Что куда вставить, описано на странице провайдера в документации.',
    },
    choiceTitles: Object.fromEntries(providers.map((id) => [id, TITLES[id]])),
  } satisfies SettingMeta),
};

const calls = {
  lines: z
    .array(line)
    .max(2000)
    .default([])
    .meta({
      title: 'Our numbers',
      description: 'What each dialled number stands for (call tracking): name, source, medium, campaign.',
      ru: {
        title: 'Наши номера',
        description: 'Что означает каждый набранный номер (коллтрекинг): название, источник, канал и кампания.',
      },
      group: 'calls',
    } satisfies SettingMeta),
  outgoing: z
    .enum(['all', 'known'])
    .default('all')
    .meta({
      title: 'Outgoing calls',
      description: 'Whether a call of ours opens a lead, or is only noted in a lead that is open.',
      ru: {
        title: 'Исходящие звонки',
        description: 'Открывает ли наш звонок заявку или только отмечается в уже открытой.',
      },
      choiceTitles: {
        all: { en: 'Keep all of them', ru: 'Сохранять все' },
        known: { en: 'Only into open leads', ru: 'Только в открытые заявки' },
      },
      group: 'calls',
    } satisfies SettingMeta),
  ignoredNumbers: z
    .array(z.string().max(40))
    .max(1000)
    .default([])
    .meta({
      title: 'Ignored numbers',
      description:
        'Calls from and to these numbers are counted in the ledger and open nothing: spam, the office itself.',
      ru: {
        title: 'Игнорируемые номера',
        description: 'Звонки с этих номеров и на них учитываются в журнале, но ничего не открывают: спам, сам офис.',
      },
      group: 'calls',
    } satisfies SettingMeta),
  internalDigits: z
    .number()
    .int()
    .min(1)
    .max(7)
    .default(5)
    .meta({
      title: 'Digits of an internal number',
      description: 'Numbers of at most so many digits are our own extensions.',
      ru: {
        title: 'Цифр во внутреннем номере',
        description: 'Номера не длиннее этого считаются внутренними номерами сотрудников.',
      },
      group: 'calls',
    } satisfies SettingMeta),
  fallbackTarget: z
    .string()
    .max(100)
    .default('')
    .meta({
      title: 'Where calls go by default',
      description:
        'What the provider is told when nobody is free, or when Inlet is too slow: an extension or a number. Empty: ' +
        "the provider's own scheme goes on.",
      ru: {
        title: 'Куда направлять звонки по умолчанию',
        description:
          'Что ответить провайдеру, когда все заняты или Inlet не успел: внутренний или внешний номер. Пусто: ' +
          'продолжается схема провайдера.',
      },
      group: 'calls',
    } satisfies SettingMeta),
  ringSeconds: z
    .number()
    .int()
    .min(5)
    .max(120)
    .default(25)
    .meta({
      title: 'How long to ring, seconds',
      description: 'How long the chosen people are rung before the provider goes on.',
      ru: {
        title: 'Сколько секунд звонить',
        description: 'Сколько звонить выбранным сотрудникам, прежде чем провайдер пойдёт дальше.',
      },
      group: 'calls',
    } satisfies SettingMeta),
  timeZone: z
    .string()
    .max(60)
    .default('Europe/Moscow')
    .refine(isTimeZone, 'An IANA name such as Europe/Moscow')
    .meta({
      title: 'Time zone of the provider',
      description: 'For providers that write times without one: the zone that is set in their cabinet.',
      ru: {
        title: 'Часовой пояс провайдера',
        description: 'Для провайдеров, которые пишут время без пояса: тот, что выбран в их личном кабинете.',
      },
      group: 'calls',
    } satisfies SettingMeta),
};

const recordings = {
  keepRecordings: z
    .boolean()
    .default(true)
    .meta({
      title: 'Keep recordings',
      description: 'Recordings are downloaded, encrypted and played in the lead, for those who may listen.',
      ru: {
        title: 'Хранить записи',
        description: 'Записи разговоров скачиваются, шифруются и звучат в заявке для тех, кому можно слушать.',
      },
      group: 'recordings',
    } satisfies SettingMeta),
  recordingDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(365)
    .meta({
      title: 'Keep them for days',
      description: 'After that the recording is deleted; the call stays.',
      ru: { title: 'Сколько дней хранить', description: 'Потом запись удаляется, а звонок остаётся.' },
      group: 'recordings',
    } satisfies SettingMeta),
  recordingHosts: z
    .array(z.string().regex(/^[a-z0-9.-]{3,200}$/i, 'A host name such as records.example.com'))
    .max(50)
    .default([])
    .meta({
      title: 'Where recordings may come from',
      description: "Host names besides the provider's own. Nothing is downloaded from anywhere else.",
      ru: {
        title: 'Откуда можно скачивать записи',
        description: 'Имена хостов помимо собственных хостов провайдера. Ниоткуда больше ничего не скачивается.',
      },
      group: 'recordings',
    } satisfies SettingMeta),
};

const protection = {
  previousSecret: z
    .string()
    .max(500)
    .default('')
    .meta({
      title: 'Previous secret',
      description:
        'While a secret is being changed: what is signed with this one is accepted too, so that no call is lost. ' +
        'Empty it after.',
      ru: {
        title: 'Прежний секрет',
        description:
          'На время смены секрета: подписанное этим тоже принимается, и ни один звонок не теряется. Потом очистите.',
      },
      secret: true,
      group: 'protection',
    } satisfies SettingMeta),
  allowedAddresses: z
    .array(z.string().regex(NETWORK, 'An address or a network such as 192.0.2.0/24'))
    .max(200)
    .default([])
    .meta({
      title: 'Allowed addresses',
      description:
        'Addresses or networks (192.0.2.0/24) that events may come from; the docs name those that providers publish. ' +
        'Empty: any.',
      ru: {
        title: 'Разрешённые адреса',
        description:
          'Адреса или сети (192.0.2.0/24), откуда могут приходить события; известные адреса провайдеров есть в ' +
          'документации. Пусто: любые.',
      },
      group: 'protection',
    } satisfies SettingMeta),
};

export const settings = z
  .object({ ...common, ...shapes, ...calls, ...recordings, ...protection })
  .superRefine((given, context) => {
    const values = given as Record<string, unknown>;
    for (const name of requirementsOf(given.provider))
      if (values[name] === undefined || values[name] === '')
        context.addIssue({ code: 'custom', path: [name], message: 'is required for this provider' });
  });

export type TelephonySettings = z.output<typeof settings>;
