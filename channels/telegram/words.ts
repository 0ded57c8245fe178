/** What clients and managers read, in the endpoint's language. */
const en = {
  askPhone: 'Please share your phone number with the button below, so that we can reach you.',
  askPhoneButton: 'Share my phone number',
  ownPhone: 'Phone number: {text}',
  contact: 'Contact: {text}',
  poll: 'Poll: {text}',
  dice: 'Throws {text}',
  game: 'Game: {text}',
  checklist: 'Checklist: {text}',
  story: 'Forwarded a story. It can be seen in Telegram only.',
  paidMedia: 'Paid media for {text} stars',
  invoice: 'Invoice: {text}',
  payment: 'Paid: {text}',
  refund: 'Refunded: {text}',
  gift: 'Sent a gift. It can be seen in Telegram only.',
  unknown: 'A message that can be seen in Telegram only ({text})',
  wrongToken: 'Telegram does not accept the bot token. Take a new one from @BotFather and save it here.',
  otherPoller:
    'Another program is fetching the messages of this bot. Stop it, or take a new token from @BotFather: a bot has ' +
    'one receiver at a time.',
  otherWebhook:
    'Another program has set a webhook for this bot. Switch it off there, then save this endpoint once more.',
  webhookMoved: 'Telegram delivers to another address than this one. Switch that off, then save this endpoint again.',
  needsHttps: 'A webhook needs an address that begins with https://. Set INLET_PUBLIC_URL, or use polling.',
  slowDown: 'Telegram asks us to wait.',
  unreachable: 'Telegram does not answer. Messages wait there for up to 24 hours.',
  refusedSetup: 'Telegram refused: {text}',
  webhookError: 'Telegram could not deliver: {text}. Waiting there: {count}.',
  webhookWaiting: 'Messages waiting at Telegram: {count}.',
  blocked: 'The client has blocked the bot.',
  deactivated: 'The client has deleted their Telegram account.',
  neverStarted: 'The client has never written to this bot, so Telegram does not let it write first.',
  notMember: 'The bot is no longer in this chat.',
  forbidden: 'Telegram does not let the bot write here: {text}',
  noChat: 'Telegram does not find this chat.',
  noBusiness:
    'Telegram Business does not let the bot answer here: the connection was removed or may not reply, or the client ' +
    'has not written for 24 hours.',
  tooLarge: 'A file is too large for Telegram: bots may send up to 50 MB.',
  refused: 'Telegram refused the message: {text}',
  nobody: 'There is no Telegram chat to write to.',
  empty: 'There is nothing to send.',
  fileTooBig: 'The file is larger than the 20 MB that Telegram gives to a bot. It can be opened in Telegram.',
  fileGone: 'Telegram no longer has this file.',
  fileLocal: 'The Bot API server keeps files on its own disk (--local). Start it without --local.',
};

export type Words = Readonly<typeof en>;

const ru: Words = {
  askPhone: 'Пожалуйста, отправьте свой номер телефона кнопкой ниже, чтобы мы могли с вами связаться.',
  askPhoneButton: 'Отправить мой номер',
  ownPhone: 'Номер телефона: {text}',
  contact: 'Контакт: {text}',
  poll: 'Опрос: {text}',
  dice: 'Бросок {text}',
  game: 'Игра: {text}',
  checklist: 'Список дел: {text}',
  story: 'Переслана история. Посмотреть её можно только в Telegram.',
  paidMedia: 'Платные медиафайлы, звёзд: {text}',
  invoice: 'Счёт: {text}',
  payment: 'Оплачено: {text}',
  refund: 'Возвращено: {text}',
  gift: 'Отправлен подарок. Посмотреть его можно только в Telegram.',
  unknown: 'Сообщение, которое можно посмотреть только в Telegram ({text})',
  wrongToken: 'Telegram не принимает токен бота. Получите новый у @BotFather и сохраните его здесь.',
  otherPoller:
    'Сообщения этого бота забирает другая программа. Остановите её или получите новый токен у @BotFather: ' +
    'получатель у бота может быть только один.',
  otherWebhook:
    'Другая программа установила для этого бота вебхук. Отключите его там и сохраните эту точку приёма ещё раз.',
  webhookMoved: 'Telegram доставляет сообщения на другой адрес. Отключите его и сохраните эту точку приёма ещё раз.',
  needsHttps: 'Вебхуку нужен адрес, который начинается с https://. Задайте INLET_PUBLIC_URL или выберите опрос.',
  slowDown: 'Telegram просит подождать.',
  unreachable: 'Telegram не отвечает. Сообщения хранятся там до 24 часов.',
  refusedSetup: 'Telegram ответил отказом: {text}',
  webhookError: 'Telegram не смог доставить сообщения: {text}. Ждут отправки: {count}.',
  webhookWaiting: 'Сообщений ждёт отправки в Telegram: {count}.',
  blocked: 'Клиент заблокировал бота.',
  deactivated: 'Клиент удалил свой аккаунт в Telegram.',
  neverStarted: 'Клиент ещё не писал этому боту, а первым Telegram писать не разрешает.',
  notMember: 'Бота больше нет в этом чате.',
  forbidden: 'Telegram не разрешает боту писать сюда: {text}',
  noChat: 'Telegram не находит этот чат.',
  noBusiness:
    'Telegram Business не разрешает боту ответить здесь: бот отключён или не может отвечать, либо клиент не писал ' +
    'больше 24 часов.',
  tooLarge: 'Файл слишком большой для Telegram: боты могут отправлять до 50 МБ.',
  refused: 'Telegram не принял сообщение: {text}',
  nobody: 'Неизвестно, в какой чат Telegram писать.',
  empty: 'Отправлять нечего.',
  fileTooBig: 'Файл больше 20 МБ, а бот может получить только до 20 МБ. Его можно открыть в Telegram.',
  fileGone: 'В Telegram этого файла больше нет.',
  fileLocal: 'Сервер Bot API хранит файлы на своём диске (--local). Запустите его без --local.',
};

export function wordsFor(language: string): Words {
  return language.toLowerCase().split(/[-_]/)[0] === 'ru' ? ru : en;
}

/** Fills `{text}` and `{count}`; by a function, because `$&` in a client's text means something to `replace`. */
export function fill(pattern: string, text: string, count = 0): string {
  return pattern.replace(/\{(text|count)\}/g, (_, name) => (name === 'text' ? text : String(count)));
}
