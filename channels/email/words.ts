const en = {
  truncated: '[Only the beginning of this mail is here: it is larger than the mailbox setting allows ({size} MB).]',
  broken: '[Only the headers of this mail could be read: {why}.]',
  left: '[Not kept: {name}, {size} KB]',
  leftMore: '[Not kept: {count} more files]',
  tnef: '[{name}: files packed by Outlook, to be opened with Outlook]',
};

export type Words = typeof en;

const ru: Words = {
  truncated: '[Здесь только начало письма: оно больше, чем разрешено в настройках ящика ({size} МБ).]',
  broken: '[Прочитать удалось только заголовки письма: {why}.]',
  left: '[Не сохранён: {name}, {size} КБ]',
  leftMore: '[Не сохранено ещё файлов: {count}]',
  tnef: '[{name}: файлы упакованы программой Outlook, открыть можно в ней же]',
};

/** Notes that stand in a message, in the language of the endpoint. */
export const wordsFor = (language: string): Words => (/^ru\b/i.test(language) ? ru : en);
