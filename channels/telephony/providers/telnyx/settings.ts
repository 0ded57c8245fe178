import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';
import { isApiRoot } from '../../api-root.ts';

const when = { setting: 'provider', is: ['telnyx'] } as const;

export const telnyxSettings = {
  telnyxPublicKey: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, '44 characters, as on the page "Keys & Credentials"')
    .optional()
    .meta({
      title: 'Public key',
      description: 'Keys & Credentials > Public Key in the Telnyx portal. Every event is checked with it.',
      ru: {
        title: 'Открытый ключ',
        description:
          'Раздел Keys & Credentials > Public Key на портале Telnyx. По нему проверяется подлинность событий.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  telnyxApiKey: z
    .string()
    .regex(/^[\x21-\x7e]{8,300}$/)
    .optional()
    .meta({
      title: 'API key',
      description: 'Keys & Credentials > API Keys. With it Inlet sends calls to people; empty: it only watches.',
      ru: {
        title: 'Ключ API',
        description: 'Раздел Keys & Credentials > API Keys. С ним Inlet направляет звонки; пусто: только наблюдает.',
      },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
  telnyxSipDomain: z
    .string()
    .regex(/^[a-zA-Z0-9.-]{3,200}$/, 'A host name such as sip.telnyx.com')
    .default('sip.telnyx.com')
    .meta({
      title: 'SIP domain',
      description: 'Where extensions are called: sip:anna@this-domain. Telnyx accounts of SIP phones live here.',
      ru: {
        title: 'Домен SIP',
        description: 'Где вызываются внутренние номера: sip:anna@этот-домен. Здесь живут SIP-учётки Telnyx.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  telnyxRecord: z
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
  telnyxApiRoot: z
    .string()
    .max(300)
    .refine(isApiRoot, 'An https origin without a path, such as https://api.telnyx.com')
    .default('https://api.telnyx.com')
    .meta({
      title: 'API address',
      description: 'Change it only for a proxy of your own: it gets the API key.',
      ru: { title: 'Адрес API', description: 'Меняйте только ради собственного прокси: он получит ключ API.' },
      group: 'advanced',
      when,
    } satisfies SettingMeta),
};

export const telnyxRequired = ['telnyxPublicKey'] as const;
