import { z } from 'zod';
import type { SettingMeta } from '../../src/channel.ts';
import { consent, form, text, webAddress } from './page-settings.ts';

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Documents and pictures that a content check can tell for sure. Plain text and CSV have no signature: not here. */
const SAFE_FILE_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/heic',
  'image/avif',
  'application/pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.oasis.opendocument.text',
];

/** Captchas that somebody else runs: they need keys. */
const PROVIDERS = ['turnstile', 'hcaptcha', 'recaptcha', 'smartcaptcha'] as const;
const WITH_PROVIDER = { setting: 'captcha', is: PROVIDERS };

/** Types that a browser runs as a page when it opens them: refused whatever the setting says. */
const ACTIVE_TYPE = /svg|html|xml$|javascript|ecmascript/;

const isOrigin = (value: string): boolean =>
  /^https?:\/\//i.test(value) && URL.canParse(value) && new URL(value).origin === value.toLowerCase();

const senders = {
  allowedOrigins: z
    .array(z.string().max(300).refine(isOrigin, 'An origin such as https://example.com, without a path'))
    .max(50)
    .default([])
    .meta({
      title: 'Allowed sites',
      description: 'Origins whose pages may post here and show the hosted page in a frame. Empty: any may post.',
      ru: {
        title: 'Разрешённые сайты',
        description:
          'Адреса сайтов вида https://example.com, которым можно присылать заявки и встраивать страницу с формой. ' +
          'Пусто: присылать может любой сайт.',
      },
    }),
  apiKey: z
    .string()
    .max(200)
    .default('')
    .meta({
      title: 'API key',
      description:
        'When set, only requests with this key are taken: for Tilda and other servers. ' +
        'The hosted page and the script are then off, and no captcha is asked.',
      ru: {
        title: 'API-ключ',
        description:
          'Если задан, принимаются только запросы с этим ключом: от Тильды и других серверов. ' +
          'Страница с формой и скрипт тогда отключены, капча не спрашивается.',
      },
      secret: true,
    }),
  apiKeyName: z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)
    .default('X-Api-Key')
    .meta({
      title: 'API key name',
      description: 'The header or the POST field that carries the key.',
      ru: { title: 'Имя API-ключа', description: 'Заголовок или поле POST, в котором передаётся ключ.' },
    }),
};

const protection = {
  captcha: z
    .enum(['none', 'altcha', ...PROVIDERS])
    .default('none')
    .meta({
      title: 'Captcha',
      description: 'altcha is a proof of work on this server alone; the others ask their provider.',
      ru: {
        title: 'Капча',
        description:
          'ALTCHA обходится одним этим сервером: задачу решает сам браузер. Остальные обращаются к провайдеру.',
      },
      choiceTitles: {
        none: { en: 'None', ru: 'Без капчи' },
        altcha: { en: 'ALTCHA', ru: 'ALTCHA' },
        turnstile: { en: 'Cloudflare Turnstile', ru: 'Cloudflare Turnstile' },
        hcaptcha: { en: 'hCaptcha', ru: 'hCaptcha' },
        recaptcha: { en: 'Google reCAPTCHA', ru: 'Google reCAPTCHA' },
        smartcaptcha: { en: 'Yandex SmartCaptcha', ru: 'Yandex SmartCaptcha' },
      },
    }),
  captchaSiteKey: text(200, {
    title: 'Captcha site key',
    description: "The provider's public key.",
    ru: { title: 'Ключ сайта для капчи', description: 'Открытый ключ, который выдал провайдер капчи.' },
    when: WITH_PROVIDER,
  }),
  captchaSecret: text(200, {
    title: 'Captcha secret',
    description: "The provider's secret key. Not needed for altcha.",
    ru: {
      title: 'Секретный ключ капчи',
      description: 'Секретный ключ, который выдал провайдер. Для ALTCHA не нужен.',
    },
    secret: true,
    when: WITH_PROVIDER,
  }),
  captchaScore: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta({
      title: 'reCAPTCHA score',
      description: 'Above 0 switches to reCAPTCHA v3 with this least score (0.5 is a start); 0 is the v2 tick box.',
      ru: {
        title: 'Порог reCAPTCHA',
        description: 'Больше 0: reCAPTCHA v3 с этой наименьшей оценкой (начните с 0,5). 0: галочка reCAPTCHA v2.',
      },
      when: { setting: 'captcha', is: ['recaptcha'] },
    }),
  captchaWhenDown: z
    .enum(['accept', 'reject'])
    .default('accept')
    .meta({
      title: 'When the provider does not answer',
      description: 'accept: take the request unchecked; reject: ask the visitor to come back.',
      ru: {
        title: 'Если провайдер капчи не отвечает',
        description: 'Что делать с заявкой, пока проверить её нечем.',
      },
      choiceTitles: {
        accept: { en: 'Accept unchecked', ru: 'Принять без проверки' },
        reject: { en: 'Reject: ask to come back', ru: 'Отклонить: попросить зайти позже' },
      },
      when: WITH_PROVIDER,
    }),
  altchaCost: z
    .number()
    .int()
    .min(100)
    .max(50_000)
    .default(5000)
    .meta({
      title: 'Proof-of-work cost',
      description: 'PBKDF2 iterations of one of 100 to 300 attempts. 5000 is about a second on a phone.',
      ru: {
        title: 'Сложность задачи ALTCHA',
        description: 'Итераций PBKDF2 в одной из 100–300 попыток. 5000 — около секунды на телефоне.',
      },
      when: { setting: 'captcha', is: ['altcha'] },
    }),
  minFillSeconds: z
    .number()
    .min(0)
    .max(60)
    .default(2)
    .meta({
      title: 'Least time to fill in, seconds',
      description: 'A form sent sooner is kept aside as suspect. 0 switches this off.',
      ru: {
        title: 'Наименьшее время заполнения, секунд',
        description: 'Форма, отправленная быстрее, попадает в карантин. 0 — не проверять.',
      },
    }),
  honeypotField: z
    .string()
    .max(64)
    .regex(/^[A-Za-z_][\w-]{0,63}$/)
    .default('_hp')
    .meta({
      title: 'Honeypot field',
      description: 'A hidden field that people leave empty and machines fill in.',
      ru: {
        title: 'Поле-ловушка',
        description: 'Имя скрытого поля: люди оставляют его пустым, а роботы заполняют.',
      },
    }),
};

const files = {
  maxFiles: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(3)
    .meta({
      title: 'Files',
      description: 'Most files in one request.',
      ru: { title: 'Файлы', description: 'Сколько файлов можно приложить к одной заявке.' },
    }),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .max(MAX_FILE_BYTES)
    .default(5 * 1024 * 1024)
    .meta({
      title: 'Largest file, bytes',
      description: 'At most 10485760; all files of one request together fit in 12 MB.',
      ru: {
        title: 'Наибольший файл, байт',
        description: 'Не больше 10485760; все файлы одной заявки вместе — до 12 МБ.',
      },
    }),
  allowedFileTypes: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/)
        .refine((type) => !ACTIVE_TYPE.test(type), 'Pages, scripts and SVG are never taken'),
    )
    .max(50)
    .default(SAFE_FILE_TYPES)
    .meta({
      title: 'File types',
      description: 'Media types, told by the content of the file and not by its name.',
      ru: {
        title: 'Типы файлов',
        description: 'Медиатипы (MIME). Тип определяется по содержимому файла, а не по имени.',
      },
    }),
};

const advanced = {
  fieldMap: z
    .record(z.string().min(1).max(200), z.enum(['name', 'phone', 'email', 'message', 'ignore']))
    .default({})
    .meta({
      title: 'Field map',
      description: 'Your field name, and what it means; for names not known by themselves.',
      ru: {
        title: 'Соответствие полей',
        description: 'Имя вашего поля и что оно значит — для имён, которые не распознаются сами.',
      },
    }),
  allowedRedirects: z
    .array(webAddress)
    .max(50)
    .default([])
    .meta({
      title: 'Other thank-you pages',
      description: 'A form may name one of these, or a page under one of them, in a _redirect field.',
      ru: {
        title: 'Другие страницы благодарности',
        description: 'Форма может указать в поле _redirect одну из них или страницу внутри одной из них.',
      },
    }),
};

/** Every setting of `shape`, shown in this section of the admin's form. */
const inSection = <T extends Record<string, z.ZodType>>(group: SettingMeta['group'], shape: T): T =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.meta({ group })])) as T;

/** The settings of one form endpoint: the admin's form, the validation and the masking come from here. */
export const settings = z
  .object({
    ...inSection('senders', senders),
    ...inSection('form', form),
    ...inSection('consent', consent),
    ...inSection('files', files),
    ...inSection('protection', protection),
    ...inSection('advanced', advanced),
  })
  .superRefine((value, context) => {
    if (value.captcha === 'none' || value.captcha === 'altcha') return;
    for (const key of ['captchaSiteKey', 'captchaSecret'] as const)
      if (value[key] === '')
        context.addIssue({ code: 'custom', path: [key], message: `${value.captcha} needs this key` });
  });

export type FormSettings = z.output<typeof settings>;
