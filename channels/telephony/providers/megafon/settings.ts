import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';
import { isApiRoot } from '../../api-root.ts';

const when = { setting: 'provider', is: ['megafon'] };

export const megafonSettings = {
  megafonCrmToken: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'CRM token',
      description: 'The key with which the PBX signs in at our side: the field "crm_token" of every event.',
      ru: {
        title: 'Токен CRM',
        description: 'Ключ, с которым АТС обращается к нам: поле «crm_token» каждого события.',
      },
      secret: true,
      when,
    } satisfies SettingMeta),
  megafonApiRoot: z
    .string()
    .max(200)
    .refine(isApiRoot, 'Like https://company.megapbx.ru, without a path')
    .optional()
    .meta({
      title: 'Address of your PBX',
      description: 'For calls by a click: https://company.megapbx.ru, or the same of Gravitel, Dom.ru, WestCall.',
      ru: {
        title: 'Адрес вашей АТС',
        description: 'Для звонков по клику: https://company.megapbx.ru или такой же у Гравител, Дом.ру, ВестКолл.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  megafonApiKey: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'API key of the PBX',
      description: 'For calls by a click: the key with which we sign in at the PBX.',
      ru: { title: 'Ключ API АТС', description: 'Для звонков по клику: ключ, с которым мы обращаемся к АТС.' },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
};

export const megafonRequired = ['megafonCrmToken'] as const;
