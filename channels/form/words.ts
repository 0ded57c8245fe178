const en = {
  name: 'Name',
  phone: 'Phone',
  email: 'Email',
  message: 'Message',
  send: 'Send',
  title: 'Leave a request',
  optional: 'optional',
  thanks: 'Thank you! Your request has been received.',
  thanksTitle: 'Thank you',
  back: 'Back to the form',
  script: 'This form needs JavaScript for its protection from spam. Please switch it on.',
  trap: 'Leave this field empty',
  sending: 'Sending…',
  retrying: 'No connection. Trying again…',
  failed: 'Could not send. Please check your connection and try again.',
  checkFields: 'Please check the marked fields.',
  needOne: 'Please fill in one of: {names}.',
  required: 'Please fill in this field.',
  consent: 'Please tick this box to agree.',
  tooManyFiles: 'At most {count} files, please.',
  noFiles: 'This form takes no files.',
  fileTooLarge: 'This file is larger than {size}.',
  megabytes: 'MB',
  kilobytes: 'KB',
  fileType: 'Files of this type are not taken.',
  captcha: 'The check against spam did not pass. Please try once more.',
  captchaDown: 'The check against spam does not answer. Please try again in a minute.',
};

export type Words = typeof en;

const ru: Words = {
  name: 'Имя',
  phone: 'Телефон',
  email: 'Эл. почта',
  message: 'Сообщение',
  send: 'Отправить',
  title: 'Оставьте заявку',
  optional: 'необязательно',
  thanks: 'Спасибо! Мы получили вашу заявку.',
  thanksTitle: 'Спасибо',
  back: 'Вернуться к форме',
  script: 'Для защиты от спама этой форме нужен JavaScript. Пожалуйста, включите его.',
  trap: 'Оставьте это поле пустым',
  sending: 'Отправляем…',
  retrying: 'Нет связи. Пробуем ещё раз…',
  failed: 'Не удалось отправить. Проверьте связь и попробуйте ещё раз.',
  checkFields: 'Проверьте отмеченные поля.',
  needOne: 'Заполните хотя бы одно: {names}.',
  required: 'Заполните это поле.',
  consent: 'Отметьте согласие.',
  tooManyFiles: 'Не больше файлов, чем {count}.',
  noFiles: 'Эта форма не принимает файлы.',
  fileTooLarge: 'Файл больше {size}.',
  megabytes: 'МБ',
  kilobytes: 'КБ',
  fileType: 'Файлы этого типа не принимаются.',
  captcha: 'Проверка от спама не пройдена. Попробуйте ещё раз.',
  captchaDown: 'Проверка от спама не отвечает. Попробуйте через минуту.',
};

export type Language = 'en' | 'ru';

export const words: Readonly<Record<Language, Words>> = { en, ru };

const known = (tag: string): Language | undefined => {
  const primary = tag.trim().toLowerCase().split(/[-_]/)[0];
  return primary === 'en' || primary === 'ru' ? primary : undefined;
};

/** The first language of ours that the visitor asked for, else the endpoint's, else English. */
export function pickLanguage(asked: string | null, acceptLanguage: string | undefined, fallback: string): Language {
  if (asked !== null && known(asked) !== undefined) return known(asked) as Language;
  const wanted = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((part, order) => {
      const [tag = '', ...parameters] = part.split(';');
      const q = parameters.map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find((v) => v !== undefined);
      return { language: known(tag), q: q === undefined ? 1 : Number(q), order };
    })
    .filter((part) => part.language !== undefined && part.q > 0)
    .sort((a, b) => b.q - a.q || a.order - b.order);
  return wanted[0]?.language ?? known(fallback) ?? 'en';
}
