import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

export const novofonSettings = {
  novofonKey: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'API key',
      description: 'Settings, API, Keys. Needed for recordings and for calls from Inlet.',
      ru: {
        title: 'Ключ API',
        description: 'Настройки, API, Ключи. Нужен для записей разговоров и звонков из Inlet.',
      },
      group: 'account',
      when: { setting: 'provider', is: ['novofon'] },
    } satisfies SettingMeta),
  novofonSecret: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'API secret',
      description: 'Shown once, together with the key. Novofon signs its events with it.',
      ru: {
        title: 'Секрет API',
        description: 'Показывается один раз, вместе с ключом. Им Новофон подписывает события.',
      },
      secret: true,
      group: 'account',
      when: { setting: 'provider', is: ['novofon'] },
    } satisfies SettingMeta),
  novofonApi: z
    .enum(['api.novofon.ru', 'api.novofon.com'])
    .default('api.novofon.ru')
    .meta({
      title: 'API address',
      description: 'The host that your cabinet names for API v1.',
      ru: { title: 'Адрес API', description: 'Хост, который указан для API v1 в вашем личном кабинете.' },
      group: 'account',
      when: { setting: 'provider', is: ['novofon'] },
    } satisfies SettingMeta),
};

export const novofonRequired = ['novofonSecret'] as const;
