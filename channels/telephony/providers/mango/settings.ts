import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

export const mangoSettings = {
  mangoApiKey: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'Unique code of your PBX (vpbx_api_key)',
      description: 'Integrations, API connector in the cabinet.',
      ru: {
        title: 'Уникальный код вашей АТС (vpbx_api_key)',
        description: 'Интеграции, API коннектор в личном кабинете.',
      },
      secret: true,
      group: 'account',
      when: { setting: 'provider', is: ['mango'] },
    } satisfies SettingMeta),
  mangoSalt: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'Key for the signature (vpbx_api_salt)',
      description: 'In the same place. Mango signs its events with it, and Inlet its commands.',
      ru: {
        title: 'Ключ для создания подписи (vpbx_api_salt)',
        description: 'Там же. Им Манго подписывает события, а Inlet свои команды.',
      },
      secret: true,
      group: 'account',
      when: { setting: 'provider', is: ['mango'] },
    } satisfies SettingMeta),
};

export const mangoRequired = ['mangoApiKey', 'mangoSalt'] as const;
