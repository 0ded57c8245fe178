import { z } from 'zod';
import type { SettingMeta } from '../../src/channel.ts';

/** On the loopback there is nobody in between who could read the access token. */
const isApiRoot = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.origin === value && (url.protocol === 'https:' || (local && url.protocol === 'http:'));
};

const template = z.object({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/, 'Small letters, digits and underscores, as in WhatsApp Manager'),
  language: z.string().regex(/^[a-z]{2,3}(?:_[A-Za-z]{2,4})?$/, 'As in WhatsApp Manager: ru, en_US'),
  text: z.string().min(1).max(1024),
});

const account = {
  phoneNumberId: z
    .string()
    .regex(/^\d{5,32}$/, 'Digits only. This is the ID under the number, not the number itself')
    .meta({
      title: 'Phone number ID',
      description: 'WhatsApp > API Setup in the app on developers.facebook.com. It is not the phone number itself.',
      ru: {
        title: 'ID номера телефона',
        description:
          'Раздел WhatsApp > API Setup в приложении на developers.facebook.com. Это идентификатор, а не сам номер.',
      },
    }),
  accessToken: z
    .string()
    .regex(/^[\x21-\x7e]{1,1000}$/)
    .meta({
      title: 'Access token',
      description:
        'A permanent token of a system user with whatsapp_business_messaging. The temporary one dies in a day.',
      ru: {
        title: 'Токен доступа',
        description:
          'Постоянный токен системного пользователя с правом whatsapp_business_messaging. Временный живёт сутки.',
      },
      secret: true,
    }),
  appSecret: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/)
    .meta({
      title: 'App secret',
      description: 'App settings > Basic. Every incoming request is checked with it.',
      ru: {
        title: 'Секрет приложения',
        description: 'Настройки приложения > Основное. По нему проверяется подлинность каждого входящего запроса.',
      },
      secret: true,
    }),
  verifyToken: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces')
    .meta({
      title: 'Verify token',
      description: "Make one up and enter it in Meta's webhook form together with this endpoint's address.",
      ru: {
        title: 'Проверочный токен',
        description: 'Придумайте его и укажите в форме вебхука Meta вместе с адресом этой точки приёма.',
      },
      secret: true,
    }),
  businessAccountId: z
    .string()
    .regex(/^\d{0,32}$/)
    .default('')
    .meta({
      title: 'WhatsApp Business account ID',
      description: 'When set, events of other accounts in the same app are ignored.',
      ru: {
        title: 'ID аккаунта WhatsApp Business',
        description: 'Если указан, события других аккаунтов того же приложения пропускаются.',
      },
    }),
};

const receiving = {
  takeEchoes: z
    .boolean()
    .default(true)
    .meta({
      title: 'Messages from the phone app',
      description: 'What your people type in the WhatsApp Business app appears in the conversation as well.',
      ru: {
        title: 'Сообщения из приложения на телефоне',
        description: 'Что сотрудники пишут в приложении WhatsApp Business, тоже появляется в переписке.',
      },
    }),
};

const sending = {
  templates: z
    .array(template)
    .max(200)
    .default([])
    .meta({
      title: 'Templates',
      description:
        'The approved ones that managers may send after the 24 hours: [{"name": "hello", "language": "en_US", ' +
        '"text": "Hello {{1}}!"}].',
      ru: {
        title: 'Шаблоны',
        description:
          'Одобренные шаблоны, которые можно отправлять после 24 часов: [{"name": "hello", "language": "ru", ' +
          '"text": "Здравствуйте, {{1}}!"}].',
      },
    }),
  askPhoneText: z
    .string()
    .max(1024)
    .default('')
    .meta({
      title: 'Ask for the phone number',
      description:
        'Sent once, with a button, to clients who hide their number behind a username. Empty: nobody is asked.',
      ru: {
        title: 'Просьба поделиться номером',
        description:
          'Отправляется один раз, с кнопкой, тем, кто пишет под именем пользователя и скрывает номер. ' +
          'Пусто: не спрашивать.',
      },
    }),
};

const advanced = {
  apiVersion: z
    .string()
    .regex(/^v\d{1,3}\.\d{1,2}$/, 'As in v26.0')
    .default('v26.0')
    .meta({
      title: 'API version',
      description: 'Of the Graph API. Meta switches a version off about two years after it came out.',
      ru: {
        title: 'Версия API',
        description: 'Версия Graph API. Meta отключает версию примерно через два года после выхода.',
      },
    }),
  apiRoot: z
    .string()
    .max(300)
    .refine(isApiRoot, 'An https origin without a path, such as https://graph.facebook.com')
    .default('https://graph.facebook.com')
    .meta({
      title: 'API address',
      description: 'Change it only for a proxy of your own: it gets the access token.',
      ru: {
        title: 'Адрес API',
        description: 'Меняйте только ради собственного прокси: он получит токен доступа.',
      },
    }),
};

/** Every setting of `shape`, shown in this section of the admin's form. */
const inSection = <T extends Record<string, z.ZodType>>(group: SettingMeta['group'], shape: T): T =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.meta({ group })])) as T;

/** The settings of one WhatsApp number at Meta. */
export const settings = z.object({
  ...inSection('account', account),
  ...inSection('receiving', receiving),
  ...inSection('sending', sending),
  ...inSection('advanced', advanced),
});

export type CloudSettings = z.output<typeof settings>;
