import { z } from 'zod';
import type { SettingMeta } from '../../src/channel.ts';

const toggle = (value: boolean, meta: SettingMeta) =>
  z
    .boolean()
    .default(value)
    .meta({ ...meta });

const isAddress = (value: string, protocols: readonly string[]): boolean =>
  value === '' || (URL.canParse(value) && protocols.includes(new URL(value).protocol));

export const settings = z.object({
  acceptRisk: toggle(false, {
    title: 'I accept the risk',
    description:
      'This connects as a linked device through an unofficial library. WhatsApp does not allow that in its terms and ' +
      'may limit or block the number, so do not use a number that you cannot lose, and write only to people who ' +
      'wrote first. The library uses libsignal, which is licensed under GPL-3.0. Without this tick nothing connects.',
    ru: {
      title: 'Риск понятен и принят',
      description:
        'Подключение идёт как «связанное устройство» через неофициальную библиотеку. Правила WhatsApp этого не ' +
        'разрешают: номер могут ограничить или заблокировать. Не подключайте номер, который нельзя потерять, и ' +
        'пишите только тем, кто написал первым. Библиотека использует libsignal под лицензией GPL-3.0. Без этой ' +
        'отметки подключения не будет.',
    },
    group: 'account',
  }),
  pairing: z
    .enum(['qr', 'code'])
    .default('qr')
    .meta({
      title: 'Pairing',
      description: 'How the phone is linked: it scans a QR code, or you type an eight-character code into it.',
      ru: {
        title: 'Привязка телефона',
        description: 'Как связать телефон: отсканировать им QR-код или ввести на нём код из восьми символов.',
      },
      group: 'account',
      choiceTitles: {
        qr: { en: 'QR code', ru: 'QR-код' },
        code: { en: 'Code by phone number', ru: 'Код по номеру телефона' },
      },
    } satisfies SettingMeta),
  phone: z
    .string()
    .max(20)
    .regex(/^(?:\d{7,15})?$/, 'Digits only, with the country code, such as 15550100123')
    .default('')
    .meta({
      title: 'Phone number',
      description: 'The number of the WhatsApp account: digits only, with the country code, without a plus.',
      ru: {
        title: 'Номер телефона',
        description: 'Номер аккаунта WhatsApp: только цифры, с кодом страны, без плюса. Например, 79990000000.',
      },
      group: 'account',
      when: { setting: 'pairing', is: ['code'] },
    } satisfies SettingMeta),
  groups: z
    .enum(['ignore', 'handle'])
    .default('ignore')
    .meta({
      title: 'Group chats',
      description: 'Whether messages in groups that the number is a member of become requests too.',
      ru: {
        title: 'Групповые чаты',
        description: 'Принимать ли как заявки сообщения из групп, в которых состоит этот номер.',
      },
      group: 'receiving',
      choiceTitles: {
        ignore: { en: 'Leave them alone', ru: 'Не трогать' },
        handle: { en: 'Take them in', ru: 'Принимать' },
      },
    } satisfies SettingMeta),
  downloadMedia: toggle(true, {
    title: 'Download files',
    description: 'Fetch photos, voice messages and documents. Off: only a note says that there was one.',
    ru: {
      title: 'Скачивать файлы',
      description: 'Забирать фото, голосовые и документы. Если выключено, останется только пометка, что файл был.',
    },
    group: 'files',
  }),
  takeHistory: toggle(false, {
    title: 'Take old chats in',
    description:
      'After pairing, also take in the recent chats that the phone hands over. Each becomes a request like a new one.',
    ru: {
      title: 'Забрать старую переписку',
      description:
        'После привязки принять и недавнюю переписку, которую передаст телефон. Каждый чат станет обычной заявкой.',
    },
    group: 'receiving',
  }),
  webSocketUrl: z
    .string()
    .max(300)
    .refine((value) => isAddress(value, ['wss:', 'ws:']), 'An address that starts with wss:// or ws://')
    .default('')
    .meta({
      title: 'Server address',
      description: "Where to connect to. Empty: WhatsApp's own server.",
      ru: { title: 'Адрес сервера', description: 'Куда подключаться. Пусто: собственный сервер WhatsApp.' },
      group: 'advanced',
    } satisfies SettingMeta),
  mediaUrl: z
    .string()
    .max(300)
    .refine((value) => isAddress(value, ['https:', 'http:']), 'An address that starts with https:// or http://')
    .default('')
    .meta({
      title: 'File server address',
      description: "Where files are downloaded from. Empty: WhatsApp's own server. What a message says is not asked.",
      ru: {
        title: 'Адрес сервера файлов',
        description: 'Откуда скачивать файлы. Пусто: собственный сервер WhatsApp. Адрес из сообщения не учитывается.',
      },
      group: 'advanced',
    } satisfies SettingMeta),
});

export type BaileysSettings = ReturnType<typeof settings.parse>;

/** A message is a few kilobytes, with a thumbnail some dozens. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
