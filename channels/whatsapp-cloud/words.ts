/** What a message without words of its own reads like, in the language of the endpoint. */
const en = {
  reaction: (emoji: string): string => `Reaction: ${emoji}`,
  noChoice: 'Pressed a button. WhatsApp did not say which one.',
  form: 'Filled in a form.',
  unsupported: (kind: string): string =>
    `A message that WhatsApp does not pass on${kind === '' ? '' : ` (${kind})`}. Ask the client to write it instead.`,
  lostFile: 'A file that WhatsApp could not deliver. Ask the client to send it again.',
  order: 'Order',
  orderLine: (quantity: string, item: string, price: string): string =>
    `${quantity} × ${item}${price === '' ? '' : `, ${price} each`}`,
  total: (sum: string): string => `Total: ${sum}`,
  product: (item: string): string => `About the product: ${item}`,
  contact: 'Contact',
  sharedPhone: 'Shared their phone number.',
};

export type Words = typeof en;

const ru: Words = {
  reaction: (emoji) => `Реакция: ${emoji}`,
  noChoice: 'Нажата кнопка. WhatsApp не сообщил, какая.',
  form: 'Заполнена форма.',
  unsupported: (kind) =>
    `Сообщение, которое WhatsApp не передаёт${kind === '' ? '' : ` (${kind})`}. Попросите клиента написать словами.`,
  lostFile: 'Файл, который WhatsApp не смог доставить. Попросите клиента прислать его ещё раз.',
  order: 'Заказ',
  orderLine: (quantity, item, price) => `${item} — ${quantity} шт.${price === '' ? '' : ` по ${price}`}`,
  total: (sum) => `Итого: ${sum}`,
  product: (item) => `О товаре: ${item}`,
  contact: 'Контакт',
  sharedPhone: 'Клиент поделился своим номером телефона.',
};

export const wordsFor = (language: string): Words => (language.toLowerCase().split(/[-_]/)[0] === 'ru' ? ru : en);
