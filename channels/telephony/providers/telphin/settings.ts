import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

export const telphinSettings = {
  telphinAppId: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'Application ID',
      description:
        'Of an application of the type "trusted" in the cabinet. Needed for recordings and calls from Inlet.',
      ru: {
        title: 'ID приложения',
        description: 'Приложения типа trusted в личном кабинете. Нужен для записей разговоров и звонков из Inlet.',
      },
      group: 'account',
      when: { setting: 'provider', is: ['telphin'] },
    } satisfies SettingMeta),
  telphinAppSecret: z
    .string()
    .regex(/^[\x21-\x7e]{4,200}$/, 'Without spaces')
    .optional()
    .meta({
      title: 'Application secret',
      description: 'Of the same application. It does not sign the events.',
      ru: { title: 'Секрет приложения', description: 'Того же приложения. События им не подписываются.' },
      secret: true,
      group: 'account',
      when: { setting: 'provider', is: ['telphin'] },
    } satisfies SettingMeta),
  telphinExtensionId: z
    .string()
    .regex(/^\d{1,12}$/, 'Digits only: the ID, not the number of the extension')
    .optional()
    .meta({
      title: 'ID of the extension that calls',
      description: 'Calls from Inlet are made in the name of this extension, whoever is rung first.',
      ru: {
        title: 'ID добавочного для звонков',
        description: 'Звонки из Inlet совершаются от имени этого добавочного, кого бы ни набирали первым.',
      },
      group: 'account',
      when: { setting: 'provider', is: ['telphin'] },
    } satisfies SettingMeta),
};
