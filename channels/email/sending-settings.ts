import { z } from 'zod';
import { server } from './receiving-settings.ts';

export const sending = {
  smtpHost: server.host({
    title: 'SMTP server',
    description: "Empty: the provider's own.",
    ru: { title: 'Сервер SMTP', description: 'Пусто — стандартный сервер сервиса.' },
  }),
  smtpPort: server.port({
    title: 'SMTP port',
    description: '0: 465 with TLS, else 587.',
    ru: { title: 'Порт SMTP', description: '0 — стандартный: 465 для TLS, иначе 587.' },
  }),
  smtpSecurity: server.security({
    title: 'SMTP encryption',
    description: 'None sends the password in the clear and is allowed to this machine only.',
    ru: {
      title: 'Шифрование SMTP',
      description: 'Без шифрования пароль идёт открытым текстом, поэтому так можно только внутри этой машины.',
    },
  }),
  fromName: z
    .string()
    .max(200)
    .default('')
    .meta({
      title: 'Name of the sender',
      description: 'What clients see beside the address.',
      ru: { title: 'Имя отправителя', description: 'Что клиенты видят рядом с адресом.' },
    }),
  signature: z
    .string()
    .max(2000)
    .default('')
    .meta({
      title: 'Signature',
      description: 'Put under each mail. {{author}} is the manager who writes.',
      ru: { title: 'Подпись', description: 'Ставится под каждым письмом. {{author}} — имя менеджера.' },
    }),
  plusAddress: z
    .boolean()
    .default(false)
    .meta({
      title: 'Plus address for answers',
      description:
        'Asks for answers to sales+<mark>@example.com, which finds the conversation even where headers were lost. ' +
        'Only where the provider delivers such addresses.',
      ru: {
        title: 'Адрес с плюсом для ответов',
        description:
          'Просит отвечать на sales+<метка>@example.com: разговор найдётся, даже если потерялись заголовки. ' +
          'Только если почтовый сервис доставляет такие адреса.',
      },
    }),
  dkimDomain: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9.-]*$/)
    .default('')
    .meta({
      title: 'DKIM domain',
      description: 'Only for a server that does not sign by itself.',
      ru: { title: 'Домен DKIM', description: 'Нужен, только если сервер не подписывает письма сам.' },
    }),
  dkimSelector: z
    .string()
    .max(63)
    .regex(/^[A-Za-z0-9._-]*$/)
    .default('')
    .meta({
      title: 'DKIM selector',
      description: 'The name under which the public key stands in the DNS.',
      ru: { title: 'Селектор DKIM', description: 'Имя, под которым открытый ключ лежит в DNS.' },
    }),
  dkimPrivateKey: z
    .string()
    .max(10_000)
    .default('')
    .meta({
      title: 'DKIM private key',
      description: 'In PEM: -----BEGIN PRIVATE KEY-----',
      ru: { title: 'Закрытый ключ DKIM', description: 'В формате PEM: -----BEGIN PRIVATE KEY-----' },
      secret: true,
    }),
};
