import { z } from 'zod';

const security = (meta: Record<string, unknown>) =>
  z
    .enum(['auto', 'tls', 'starttls', 'none'])
    .default('auto')
    .meta({
      ...meta,
      choiceTitles: {
        auto: { en: 'As the provider wants', ru: 'Как принято у сервиса' },
        tls: { en: 'TLS', ru: 'TLS' },
        starttls: { en: 'STARTTLS', ru: 'STARTTLS' },
        none: { en: 'None (this machine only)', ru: 'Без шифрования (только эта машина)' },
      },
    });

const port = (meta: Record<string, unknown>) => z.number().int().min(0).max(65_535).default(0).meta(meta);

/** A bare host name: what would turn into another command or address is refused here. */
const host = (meta: Record<string, unknown>) =>
  z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9.:-]*$/)
    .default('')
    .meta(meta);

export const server = { host, port, security };

export const receiving = {
  imapHost: host({
    title: 'IMAP server',
    description: "Empty: the provider's own. With the provider Other and no server, mail comes by posts only.",
    ru: {
      title: 'Сервер IMAP',
      description:
        'Пусто — стандартный сервер сервиса. Если сервис «Другой» и сервера нет, почта приходит только по HTTP.',
    },
  }),
  imapPort: port({
    title: 'IMAP port',
    description: '0: 993 with TLS, else 143.',
    ru: { title: 'Порт IMAP', description: '0 — стандартный: 993 для TLS, иначе 143.' },
  }),
  imapSecurity: security({
    title: 'IMAP encryption',
    description: 'None sends the password in the clear and is allowed to this machine only.',
    ru: {
      title: 'Шифрование IMAP',
      description: 'Без шифрования пароль идёт открытым текстом, поэтому так можно только внутри этой машины.',
    },
  }),
  folders: z
    .array(z.string().min(1).max(300))
    .max(20)
    .default([])
    .meta({
      title: 'Folders',
      description: 'Watched folders. Empty: the inbox and the junk folder.',
      ru: { title: 'Папки', description: 'За какими папками следить. Пусто — «Входящие» и «Спам».' },
    }),
  watchSent: z
    .boolean()
    .default(true)
    .meta({
      title: 'Watch sent mail',
      description: 'Mail that managers send from the mailbox itself shows in the conversation.',
      ru: {
        title: 'Следить за отправленными',
        description: 'Письма, которые менеджеры отправили прямо из ящика, видны в переписке.',
      },
    }),
  startFrom: z
    .string()
    .regex(/^(?:now|\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))$/)
    .default('now')
    .meta({
      title: 'Start from',
      description:
        'now, or a date such as 2026-09-01: older mail is taken from that day on. Counts once, at the start.',
      ru: {
        title: 'С какого дня брать письма',
        description:
          'now — только новые; дата вида 2026-09-01 — все с этого дня. Учитывается один раз, при первом запуске.',
      },
    }),
  maxMessageMb: z
    .number()
    .min(1)
    .max(50)
    .default(30)
    .meta({
      title: 'Largest mail, MB',
      description: 'Of a larger one only the beginning is taken, with a note.',
      ru: { title: 'Наибольшее письмо, МБ', description: 'От письма крупнее берётся только начало, с пометкой.' },
    }),
  inboundSecret: z
    .string()
    .max(200)
    .regex(/^\S*$/)
    .default('')
    .meta({
      title: 'Secret for posts',
      description:
        'A mail server or a Cloudflare Email Worker may post raw mail to the address of this channel with ' +
        'Authorization: Bearer and this secret. Empty: posts are refused.',
      ru: {
        title: 'Секрет для приёма по HTTP',
        description:
          'Почтовый сервер или Cloudflare Email Worker может присылать письма целиком на адрес этого канала ' +
          'с заголовком Authorization: Bearer и этим секретом. Пусто — такой приём выключен.',
      },
      secret: true,
    }),
};

export const senders = {
  authservId: z
    .string()
    .max(253)
    .regex(/^\S*$/)
    .default('')
    .meta({
      title: 'Name of your receiving server',
      description:
        'The first word of the topmost Authentication-Results header in your mail: only that one is believed. ' +
        "Empty: the provider's names, or one under the domain of the IMAP server or of the address.",
      ru: {
        title: 'Имя вашего принимающего сервера',
        description:
          'Первое слово самого верхнего заголовка Authentication-Results в ваших письмах: проверкам отправителя ' +
          'верят только от него. Пусто — имена выбранного сервиса либо имя в домене сервера IMAP или самого адреса.',
      },
    }),
  formSenders: z
    .array(
      z.object({
        from: z.string().min(3).max(254).regex(/^\S+$/),
        map: z.record(z.string().min(1).max(200), z.enum(['name', 'phone', 'email', 'message', 'ignore'])).optional(),
      }),
    )
    .max(50)
    .default([])
    .meta({
      title: 'Senders of form mails',
      description:
        'Sites whose forms come by mail: [{"from": "noreply@site.example", "map": {"Ваш вопрос": "message"}}]. ' +
        'from is an address or @domain. The client is then the one inside the mail.',
      ru: {
        title: 'Отправители писем с формы',
        description:
          'Сайты, которые присылают заявки письмом: ' +
          '[{"from": "noreply@site.example", "map": {"Ваш вопрос": "message"}}]. ' +
          'from — адрес или @домен. Клиентом тогда считается тот, кто указан внутри письма.',
      },
    }),
};
