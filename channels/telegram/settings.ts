import { z } from 'zod';

export const DEFAULT_API_ROOT = 'https://api.telegram.org';

const isApiRoot = (value: string): boolean => {
  if (!/^https?:\/\/[^\s?#@\\]+$/i.test(value) || value.endsWith('/')) return false;
  return URL.canParse(value);
};

/** The settings of one bot. The webhook's secret is not among them: it is derived from the endpoint's own key. */
export const settings = z.object({
  botToken: z
    .string()
    .trim()
    .regex(/^\d{3,20}:[A-Za-z0-9_-]{30,100}$/, 'A token looks like 123456789:AAE... and comes from @BotFather')
    .meta({
      title: 'Bot token',
      description: 'Write to @BotFather in Telegram: /newbot makes a bot and gives its token.',
      ru: {
        title: 'Токен бота',
        description: 'Напишите @BotFather в Telegram: команда /newbot создаст бота и выдаст токен.',
      },
      secret: true,
      group: 'account',
    }),
  mode: z
    .enum(['polling', 'webhook'])
    .default('polling')
    .meta({
      title: 'How messages arrive',
      description: 'Polling works everywhere, also behind a router. A webhook needs a public https address.',
      ru: {
        title: 'Как приходят сообщения',
        description: 'Опрос работает везде, даже за роутером. Вебхуку нужен открытый адрес с https.',
      },
      choiceTitles: {
        polling: { en: 'Polling', ru: 'Опрос' },
        webhook: { en: 'Webhook', ru: 'Вебхук' },
      },
      group: 'receiving',
    }),
  groups: z
    .enum(['ignore', 'handle'])
    .default('ignore')
    .meta({
      title: 'Messages in groups',
      description:
        'Handle: each member who writes in a group becomes a client, answered there for all to see. ' +
        'The bot reads everything only after /setprivacy, Disable, at @BotFather.',
      ru: {
        title: 'Сообщения в группах',
        description:
          'Принимать: каждый, кто напишет в группе, становится клиентом, и ответ видят все. ' +
          'Чтобы бот видел все сообщения, отправьте @BotFather команду /setprivacy и выберите Disable.',
      },
      choiceTitles: {
        ignore: { en: 'Ignore', ru: 'Не принимать' },
        handle: { en: 'Handle', ru: 'Принимать' },
      },
      group: 'receiving',
    }),
  business: z
    .boolean()
    .default(true)
    .meta({
      title: 'Telegram Business',
      description: 'Take the messages of a business account that has this bot connected, from both sides.',
      ru: {
        title: 'Переписка Telegram Business',
        description: 'Принимать переписку бизнес-аккаунта, к которому подключён этот бот, с обеих сторон.',
      },
      group: 'receiving',
    }),
  askPhone: z
    .boolean()
    .default(true)
    .meta({
      title: 'Ask for the phone',
      description:
        'Once a conversation, and only while the phone is not known: a message with a button that shares it.',
      ru: {
        title: 'Просить номер телефона',
        description:
          'Один раз за переписку и только пока номер неизвестен: сообщение с кнопкой «Отправить мой номер».',
      },
      group: 'sending',
    }),
  askPhoneText: z
    .string()
    .max(1000)
    .default('')
    .meta({
      title: 'Text of that question',
      description: "Empty: a text of ours, in the endpoint's language.",
      ru: {
        title: 'Текст просьбы о номере',
        description: 'Пусто: наш текст на языке этой точки приёма.',
      },
      group: 'sending',
    }),
  apiRoot: z
    .string()
    .max(300)
    .refine(isApiRoot, 'An http or https address without a slash at the end')
    .default(DEFAULT_API_ROOT)
    .meta({
      title: 'Bot API server',
      description: 'Change it only for a Bot API server of your own or a proxy. It sees the token and all messages.',
      ru: {
        title: 'Сервер Bot API',
        description: 'Меняйте только для своего сервера Bot API или прокси. Он видит токен и все сообщения.',
      },
      group: 'advanced',
    }),
});

export type TelegramSettings = z.output<typeof settings>;
