import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';
import { isApiRoot } from '../../api-root.ts';

const when = { setting: 'provider', is: ['beeline'] };

export const beelineSettings = {
  beelineSecret: z
    .string()
    .regex(/^[\w-]{16,200}$/, '16 to 200 letters, digits, _ and -')
    .optional()
    .meta({
      title: 'Secret in the address',
      description: 'Make one up. It is the last part of the address to which Beeline sends events.',
      ru: {
        title: 'Секрет в адресе',
        description: 'Придумайте его. Это последняя часть адреса, на который Билайн присылает события.',
      },
      secret: true,
      when,
    } satisfies SettingMeta),
  beelineApiToken: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'API token',
      description:
        'From your Beeline cloud PBX cabinet, section API. With it Inlet subscribes to the events and keeps the ' +
        'subscription alive, fetches recordings and makes calls by a click.',
      ru: {
        title: 'Токен API',
        description:
          'Из кабинета облачной АТС Билайн, раздел API. С ним Inlet сам подписывается на события и продлевает ' +
          'подписку, скачивает записи и звонит по клику.',
      },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
  beelineApiRoot: z
    .string()
    .max(200)
    .refine(isApiRoot, 'Like https://cloudpbx.beeline.ru, without a path')
    .default('https://cloudpbx.beeline.ru')
    .meta({
      title: 'Address of the PBX',
      description: 'https://cloudpbx.beeline.ru, or https://cloudpbx.beeline.kz in Kazakhstan.',
      ru: {
        title: 'Адрес АТС',
        description: 'https://cloudpbx.beeline.ru, а в Казахстане https://cloudpbx.beeline.kz.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
};

export const beelineRequired = ['beelineSecret'] as const;
