const en = {
  contact: 'Contact',
  poll: 'Poll',
  order: 'Order',
  items: 'items',
  product: 'Product',
  event: 'Event',
  group: 'Invitation to a group',
  liveLocation: 'Live location',
  voiceCall: 'Missed voice call',
  videoCall: 'Missed video call',
  unknown: 'A message of a kind that is not shown here',
  file: { image: 'Photo', video: 'Video', audio: 'Voice message', document: 'Document', sticker: 'Sticker' },
};

export type Words = typeof en;

const ru: Words = {
  contact: 'Контакт',
  poll: 'Опрос',
  order: 'Заказ',
  items: 'позиций',
  product: 'Товар',
  event: 'Событие',
  group: 'Приглашение в группу',
  liveLocation: 'Геопозиция в реальном времени',
  voiceCall: 'Пропущенный звонок',
  videoCall: 'Пропущенный видеозвонок',
  unknown: 'Сообщение такого вида здесь не показывается',
  file: { image: 'Фото', video: 'Видео', audio: 'Голосовое сообщение', document: 'Документ', sticker: 'Стикер' },
};

export const wordsFor = (language: string): Words => (/^ru\b/i.test(language) ? ru : en);
