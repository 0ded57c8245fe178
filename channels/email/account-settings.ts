import { z } from 'zod';

const WITH_OAUTH = { setting: 'auth', is: ['oauth2'] } as const;

const oauthText = (max: number, meta: Record<string, unknown>) =>
  z
    .string()
    .max(max)
    .default('')
    .meta({ ...meta, when: WITH_OAUTH });

/** Whose mailbox it is and how to log in. */
export const account = {
  provider: z
    .enum(['other', 'google', 'microsoft', 'yandex', 'mailru'])
    .default('other')
    .meta({
      title: 'Mail provider',
      description: 'Fills in the servers. Choose Other to name them yourself.',
      ru: { title: 'Почтовый сервис', description: 'Подставляет адреса серверов. «Другой» — указать их самим.' },
      choiceTitles: {
        other: { en: 'Other', ru: 'Другой' },
        google: { en: 'Gmail, Google Workspace', ru: 'Gmail, Google Workspace' },
        microsoft: { en: 'Microsoft 365, Outlook', ru: 'Microsoft 365, Outlook' },
        yandex: { en: 'Yandex Mail', ru: 'Яндекс Почта' },
        mailru: { en: 'Mail.ru', ru: 'Почта Mail' },
      },
    }),
  address: z
    .string()
    .max(254)
    .regex(/^[^\s@<>"]+@[^\s@<>"]+$/)
    .meta({
      title: 'Address',
      description: 'The mailbox itself: sales@example.com. Answers are sent from it.',
      ru: { title: 'Адрес почты', description: 'Сам ящик, например sales@example.com. С него уходят ответы.' },
    }),
  user: z
    .string()
    .max(254)
    .default('')
    .meta({
      title: 'User name',
      description: 'For the log-in, where it is not the address.',
      ru: { title: 'Имя пользователя', description: 'Логин, если он отличается от адреса почты.' },
    }),
  auth: z
    .enum(['password', 'oauth2'])
    .default('password')
    .meta({
      title: 'Log-in',
      description: 'Gmail, Yandex and Mail.ru want an app password; Microsoft 365 wants OAuth 2.',
      ru: {
        title: 'Способ входа',
        description: 'Gmail, Яндексу и Mail нужен пароль приложения, Microsoft 365 — OAuth 2.',
      },
      choiceTitles: {
        password: { en: 'Password', ru: 'Пароль' },
        oauth2: { en: 'OAuth 2', ru: 'OAuth 2' },
      },
    }),
  password: z
    .string()
    .max(500)
    .default('')
    .meta({
      title: 'Password',
      description: 'An app password where the provider has them.',
      ru: { title: 'Пароль', description: 'Если у сервиса есть пароли приложений — именно такой пароль.' },
      secret: true,
      when: { setting: 'auth', is: ['password'] },
    }),
  oauthClientId: oauthText(500, {
    title: 'OAuth client ID',
    description: 'Of the app that you registered with the provider.',
    ru: { title: 'ID приложения OAuth', description: 'Идентификатор приложения, зарегистрированного у сервиса.' },
  }),
  oauthClientSecret: oauthText(500, {
    title: 'OAuth client secret',
    description: 'Empty for an app that has none.',
    ru: { title: 'Секрет приложения OAuth', description: 'Оставьте пустым, если у приложения его нет.' },
    secret: true,
  }),
  oauthRefreshToken: oauthText(5000, {
    title: 'OAuth refresh token',
    description: 'Given with access to mail; a short-lived access token is fetched with it before each log-in.',
    ru: {
      title: 'Токен обновления OAuth',
      description: 'Выдаётся вместе с доступом к почте. С ним перед каждым входом запрашивается временный токен.',
    },
    secret: true,
  }),
  oauthTokenUrl: z
    .string()
    .max(500)
    .refine((value) => value === '' || (/^https:\/\//i.test(value) && URL.canParse(value)), 'An https address')
    .default('')
    .meta({
      title: 'OAuth token address',
      description: "Empty: the provider's own.",
      ru: { title: 'Адрес выдачи токенов OAuth', description: 'Пусто — стандартный адрес выбранного сервиса.' },
      when: WITH_OAUTH,
    }),
};
