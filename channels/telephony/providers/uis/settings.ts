import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

const when = { setting: 'provider', is: ['uis'] };

export const uisSettings = {
  uisSecret: z
    .string()
    .regex(/^[\w-]{16,200}$/, '16 to 200 letters, digits, _ and -')
    .optional()
    .meta({
      title: 'Secret in the notifications',
      description:
        'Make one up. It stands as "secret" in each notification\'s template, or as ?secret= in its address.',
      ru: {
        title: 'Секрет в уведомлениях',
        description:
          'Придумайте его. Он стоит полем "secret" в шаблоне каждого уведомления или как ?secret= в адресе.',
      },
      secret: true,
      when,
    } satisfies SettingMeta),
  uisCabinet: z
    .enum(['uis', 'comagic', 'novofon', 'callgear'])
    .default('uis')
    .meta({
      title: 'Whose cabinet',
      description: 'For calls by a click: under which name you have it.',
      ru: { title: 'Чей кабинет', description: 'Для звонков по клику: под каким именем он у вас.' },
      choiceTitles: {
        uis: { en: 'UIS', ru: 'UIS' },
        comagic: { en: 'CoMagic', ru: 'CoMagic' },
        novofon: { en: 'Novofon 2.0', ru: 'Новофон 2.0' },
        callgear: { en: 'CallGear', ru: 'CallGear' },
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
  uisAccessKey: z
    .string()
    .regex(/^[\x21-\x7e]{8,300}$/, '8 to 300 printable characters without spaces')
    .optional()
    .meta({
      title: 'Key of the Call API',
      description: 'For calls by a click: a permanent key of a user who may use the Call API.',
      ru: {
        title: 'Ключ Call API',
        description: 'Для звонков по клику: постоянный ключ пользователя с доступом к Call API.',
      },
      secret: true,
      group: 'account',
      when,
    } satisfies SettingMeta),
  uisVirtualNumber: z
    .string()
    .regex(/^\+?\d{10,15}$/, 'With its country code: 74950000000')
    .optional()
    .meta({
      title: 'Number to show',
      description: 'For calls by a click: the virtual number from which clients are called; not an 800 one.',
      ru: {
        title: 'Номер для исходящих',
        description: 'Для звонков по клику: виртуальный номер, с которого звонят клиентам; не 8-800.',
      },
      group: 'account',
      when,
    } satisfies SettingMeta),
};

export const uisRequired = ['uisSecret'] as const;
