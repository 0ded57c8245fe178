import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';
import { isApiRoot } from '../../api-root.ts';

const when = { setting: 'provider', is: ['rostelecom'] };
const key = z.string().regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces');

export const rostelecomSettings = {
  rostelecomClientId: key.optional().meta({
    title: 'Identification code',
    description: 'In the domain of the virtual PBX: the unique identification code of the API.',
    ru: {
      title: 'Код идентификации',
      description: 'В кабинете виртуальной АТС, раздел API: «Уникальный код идентификации».',
    },
    when,
  } satisfies SettingMeta),
  rostelecomSignKey: key.optional().meta({
    title: 'Signing key',
    description: 'On the same page: the unique key for signatures. Every event is checked with it.',
    ru: {
      title: 'Ключ подписи',
      description: 'Там же: «Уникальный ключ для подписи». По нему проверяется подлинность каждого события.',
    },
    secret: true,
    when,
  } satisfies SettingMeta),
  rostelecomDomain: z
    .string()
    .regex(/^(?:[a-z0-9-]+\.)+[a-z]{2,}$|^$/i, 'A name such as example.20.rt.ru')
    .default('')
    .meta({
      title: 'Domain of the PBX',
      description: 'Needed for click-to-call, where employees are named without it: example.20.rt.ru.',
      ru: {
        title: 'Домен АТС',
        description: 'Нужен для звонка в один клик, если сотрудники указаны без домена: example.20.rt.ru.',
      },
      when,
    } satisfies SettingMeta),
  rostelecomApi: z
    .string()
    .max(300)
    .refine(isApiRoot, 'An https origin without a path, such as https://api.cloudpbx.rt.ru')
    .default('https://api.cloudpbx.rt.ru')
    .meta({
      title: 'API address',
      description: 'Shown beside the keys. Recordings and calls are asked for there.',
      ru: { title: 'Адрес API', description: 'Показан рядом с ключами. Туда идут запросы записей и звонков.' },
      when,
    } satisfies SettingMeta),
};

export const rostelecomRequired = ['rostelecomClientId', 'rostelecomSignKey'] as const;
