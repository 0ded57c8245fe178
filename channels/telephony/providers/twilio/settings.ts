import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';
import { isApiRoot } from '../../api-root.ts';

const when = { setting: 'provider', is: ['twilio'] } as const;

export const twilioSettings = {
  twilioAccountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'AC and 32 characters, as on the first page of the console')
    .optional()
    .meta({
      title: 'Account SID',
      description: 'On the first page of the Twilio console. With it Inlet calls and downloads recordings.',
      ru: {
        title: 'SID аккаунта (Account SID)',
        description: 'На первой странице консоли Twilio. С ним Inlet звонит и скачивает записи.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  twilioAuthToken: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/)
    .optional()
    .meta({
      title: 'Auth Token',
      description: 'Beside the Account SID. Every request of Twilio is checked with it.',
      ru: {
        title: 'Токен (Auth Token)',
        description: 'Рядом с Account SID. По нему проверяется подлинность каждого запроса Twilio.',
      },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
  twilioNumber: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'With plus and country code: +12025550100')
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
  twilioSipDomain: z
    .string()
    .regex(/^[a-zA-Z0-9.-]{3,200}$/, 'A host name such as example.sip.twilio.com')
    .optional()
    .meta({
      title: 'SIP domain',
      description: 'Extensions are called as sip:101@this-domain. Empty: as Twilio Client, client:101.',
      ru: {
        title: 'Домен SIP',
        description: 'Внутренние номера вызываются как sip:101@этот-домен. Пусто: как Twilio Client, client:101.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  twilioNobodyText: z
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
  twilioRecord: z
    .boolean()
    .default(true)
    .meta({
      title: 'Record calls that Inlet connects',
      description: 'Both sides, from the answer. Many countries want the caller to be told first.',
      ru: {
        title: 'Записывать звонки, которые соединяет Inlet',
        description: 'Обе стороны, с момента ответа. Во многих странах об этом надо предупредить.',
      },
      group: 'recordings',
      when,
    } satisfies SettingMeta),
  twilioApiRoot: z
    .string()
    .max(300)
    .refine(isApiRoot, 'An https origin without a path, such as https://api.twilio.com')
    .default('https://api.twilio.com')
    .meta({
      title: 'API address',
      description: 'Of another Twilio region, or of a proxy of your own: it gets the Auth Token.',
      ru: {
        title: 'Адрес API',
        description: 'Другого региона Twilio или собственного прокси: он получит Auth Token.',
      },
      group: 'advanced',
      when,
    } satisfies SettingMeta),
};

export const twilioRequired = ['twilioAccountSid', 'twilioAuthToken'] as const;
