import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

export const zadarmaSettings = {
  zadarmaKey: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'API key',
      description: 'Settings, Integrations and API, Keys. Needed for recordings and for calls from Inlet.',
      ru: {
        title: 'Ключ API',
        description: 'Настройки, Интеграции и API, Ключи. Нужен для записей разговоров и звонков из Inlet.',
      },
      group: 'account',
      when: { setting: 'provider', is: ['zadarma'] },
    } satisfies SettingMeta),
  zadarmaSecret: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'API secret',
      description: 'Shown once, together with the key. Zadarma signs its events with it.',
      ru: {
        title: 'Секрет API',
        description: 'Показывается один раз, вместе с ключом. Им Zadarma подписывает события.',
      },
      secret: true,
      group: 'account',
      when: { setting: 'provider', is: ['zadarma'] },
    } satisfies SettingMeta),
};

export const zadarmaRequired = ['zadarmaSecret'] as const;
