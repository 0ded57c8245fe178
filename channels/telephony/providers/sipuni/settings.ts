import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

const when = { setting: 'provider', is: ['sipuni'] };

export const sipuniSettings = {
  sipuniSecret: z
    .string()
    .regex(/^[\w-]{16,200}$/, '16 to 200 letters, digits, _ and -')
    .optional()
    .meta({
      title: 'Secret in the address',
      description: 'Make one up and put it at the end of the address that you enter at Sipuni: ?secret=...',
      ru: {
        title: 'Секрет в адресе',
        description: 'Придумайте его и допишите к адресу, который указываете в Sipuni: ?secret=...',
      },
      secret: true,
      when,
    } satisfies SettingMeta),
  sipuniUser: z
    .string()
    .regex(/^\d{3,20}$/, 'Digits only')
    .optional()
    .meta({
      title: 'Number of the cabinet',
      description: 'For calls by a click: the number in your Sipuni cabinet, such as 012345.',
      ru: {
        title: 'Номер кабинета',
        description: 'Для звонков по клику: номер вашего кабинета Sipuni, например 012345.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  sipuniApiKey: z
    .string()
    .regex(/^[\x21-\x7e]{6,200}$/, '6 to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'Integration key',
      description: 'For calls by a click: Settings > API in your Sipuni cabinet.',
      ru: { title: 'Ключ интеграции', description: 'Для звонков по клику: Настройки > API в кабинете Sipuni.' },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
};

export const sipuniRequired = ['sipuniSecret'] as const;
