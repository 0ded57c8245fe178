import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';
import { isApiRoot } from '../../api-root.ts';

const when = { setting: 'provider', is: ['vonage'] } as const;

export const vonageSettings = {
  vonageSignatureSecret: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/)
    .optional()
    .meta({
      title: 'Signature secret',
      description: 'API settings in the Vonage dashboard. Every request is checked with it.',
      ru: {
        title: 'Секрет подписи',
        description: 'Раздел API settings в панели Vonage. По нему проверяется подлинность каждого запроса.',
      },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
  vonageApplicationId: z
    .string()
    .regex(/^[0-9a-fA-F-]{36}$/, 'As on the page of the application: 36 characters')
    .optional()
    .meta({
      title: 'Application ID',
      description: 'When set, events of other applications are refused. Calls and recordings need it.',
      ru: {
        title: 'ID приложения',
        description: 'Если указан, события других приложений отклоняются. Нужен для звонков и записей.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  vonagePrivateKey: z
    .string()
    .max(8000)
    .regex(
      /^\s*-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s\\]+-----END PRIVATE KEY-----[\s\\n]*$/,
      'The whole private.key',
    )
    .optional()
    .meta({
      title: 'Private key of the application',
      description: 'The content of private.key. With it Inlet calls and downloads recordings.',
      ru: {
        title: 'Закрытый ключ приложения',
        description: 'Содержимое файла private.key. С ним Inlet звонит и скачивает записи.',
      },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
  vonageNumber: z
    .string()
    .regex(/^\+?[1-9]\d{6,14}$/, 'With country code: 12025550100')
    .optional()
    .meta({
      title: 'Number to call from',
      description: 'What clients see when you call them from Inlet. Empty: the first of our numbers.',
      ru: {
        title: 'Номер для исходящих',
        description: 'Что видят клиенты, когда вы звоните им из Inlet. Пусто: первый из наших номеров.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  vonageNobodyText: z
    .string()
    .max(500)
    .default('')
    .meta({
      title: 'What is said when nobody can answer',
      description: "Read out before the call ends. Empty: a short sentence in the endpoint's language.",
      ru: {
        title: 'Что сказать, когда никто не ответил',
        description: 'Произносится перед концом звонка. Пусто: короткая фраза на языке точки приёма.',
      },
      group: 'calls',
      when,
    } satisfies SettingMeta),
  vonageRecord: z
    .boolean()
    .default(true)
    .meta({
      title: 'Record calls that Inlet connects',
      description: 'Both sides. Many countries want the caller to be told first.',
      ru: {
        title: 'Записывать звонки, которые соединяет Inlet',
        description: 'Обе стороны. Во многих странах об этом надо предупредить.',
      },
      group: 'recordings',
      when,
    } satisfies SettingMeta),
  vonageApiRoot: z
    .string()
    .max(300)
    .refine(isApiRoot, 'An https origin without a path, such as https://api.nexmo.com')
    .default('https://api.nexmo.com')
    .meta({
      title: 'API address',
      description: 'Of another Vonage region, or of a proxy of your own: it gets tokens of the application.',
      ru: {
        title: 'Адрес API',
        description: 'Другого региона Vonage или собственного прокси: он получит токены приложения.',
      },
      group: 'advanced',
      when,
    } satisfies SettingMeta),
};

export const vonageRequired = ['vonageSignatureSecret'] as const;
