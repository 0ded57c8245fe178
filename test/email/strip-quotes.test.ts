import { describe, expect, it } from 'vitest';
import { htmlToText } from '../../channels/email/html-text.ts';
import { stripQuotes } from '../../channels/email/strip-quotes.ts';

const QUOTE = '> Когда привезти?\n> Куда?';
const BLOCK_RU =
  'От: Отдел продаж <sales@example.com>\nОтправлено: 3 февраля 2025 г. 11:00\nКому: Анна\n' +
  'Тема: Заказ\n\nКогда привезти?';
const BLOCK_EN =
  'From: Sales <sales@example.com>\nSent: Monday, February 3, 2025 11:00\nTo: Anna\nSubject: Order\n\nWhen?';

/** Mail program, what stands below the new words. */
const BELOW: readonly (readonly [string, string])[] = [
  ['Gmail EN', `On Mon, Feb 3, 2025 at 11:00 AM Sales <sales@example.com> wrote:\n\n${QUOTE}`],
  [
    'Gmail EN, wrapped',
    `On Mon, Feb 3, 2025 at 11:00 AM Sales Department of Example\n<sales@example.com> wrote:\n\n${QUOTE}`,
  ],
  ['Gmail RU, short', `пн, 3 февр. 2025 г. в 11:00, Отдел продаж <sales@example.com>:\n\n${QUOTE}`],
  ['Gmail RU, long', `3 февраля 2025 г., 11:00 пользователь Отдел продаж <sales@example.com> написал:\n\n${QUOTE}`],
  [
    'Gmail RU, wrapped',
    `3 февраля 2025 г., 11:00 пользователь Отдел продаж <\nsales@example.com> написал:\n\n${QUOTE}`,
  ],
  ['Outlook RU', BLOCK_RU],
  ['Outlook RU, with its rule', `________________________________\n${BLOCK_RU}`],
  ['Outlook RU, mobile', `Скачать Outlook для iOS\n________________________________\n${BLOCK_RU}`],
  ['Outlook EN', BLOCK_EN],
  ['Outlook EN, bold', BLOCK_EN.replace(/^(From|Sent|To|Subject):/gm, '*$1:*')],
  ['Outlook EN, original message', `-----Original Message-----\n${BLOCK_EN}`],
  ['Outlook RU, original message', `-----Исходное сообщение-----\n${BLOCK_RU}`],
  ['Yandex RU', `03.02.2025, 11:00, "Отдел продаж" <sales@example.com>:\n${QUOTE}`],
  ['Yandex RU, without quote marks', `11:00, 3 февраля 2025 г., Отдел продаж <sales@example.com>:\n\nКогда привезти?`],
  ['Mail.ru', '>Понедельник, 3 февраля 2025, 11:00 +03:00 от Отдел продаж <sales@example.com>:\n>\n>Когда привезти?'],
  ['Mail.ru, header outside', `Понедельник, 3 февраля 2025, 11:00 +03:00 от Отдел <sales@example.com>:\n${QUOTE}`],
  ['Apple Mail EN', `> On 3 Feb 2025, at 11:00, Sales <sales@example.com> wrote:\n> \n> When?`],
  ['Apple Mail RU', `3 февр. 2025 г., в 11:00, Отдел продаж <sales@example.com> написал(а):\n\n${QUOTE}`],
  ['iPhone EN', `Sent from my iPhone\n\n> On 3 Feb 2025, at 11:00, Sales <sales@example.com> wrote:\n> \n> When?`],
  ['iPhone RU', `Отправлено с iPhone\n\n> 3 февр. 2025 г., в 11:00, Отдел продаж <sales@example.com> написал(а):\n>`],
  ['Mail.ru mobile', `Отправлено из мобильной Почты Mail\n\n${QUOTE}`],
  ['German', `Am Mo., 3. Feb. 2025 um 11:00 Uhr schrieb Sales <sales@example.com>:\n\n${QUOTE}`],
  ['signature', '-- \nАнна Берг\n+7 999 123-45-67'],
  ['signature and quote', `--\nАнна\n\nпн, 3 февр. 2025 г. в 11:00, Отдел <sales@example.com>:\n${QUOTE}`],
  ['nothing but marks', QUOTE],
];

describe('the new words of an answer', () => {
  it.each(BELOW)('%s', (_name, below) => {
    const { text, rest } = stripQuotes(`Да, подходит.\nВо вторник.\n\n${below}\n`);
    expect(text).toBe('Да, подходит.\nВо вторник.');
    expect(rest).not.toBe('');
  });

  it.each(BELOW)('%s: every line is still there', (_name, below) => {
    const { text, rest } = stripQuotes(`Да.\n\n${below}\n`);
    const words = (value: string): string[] =>
      value
        .split(/\s+/)
        .filter((word) => word !== '')
        .sort();
    expect(words(`${text}\n${rest}`)).toEqual(words(`Да.\n\n${below}`));
  });

  it.each(BELOW)('%s: alone it is shown whole', (_name, below) => {
    expect(stripQuotes(below)).toMatchObject({ rest: '' });
    expect(stripQuotes(below).text).toContain(below.split('\n')[0]!.trim());
  });

  it.each([
    ['a colon and a time', 'Встреча в 11:00, адрес такой:\nКазань, Баумана 1\nЖдём вас'],
    ['a list of data', 'От: склада\nДо: дома\nВес: 20 кг'],
    ['dashes', 'Первое\n---\nВторое\n-----\nТретье'],
    ['a regard', 'Добрый день\n\nС уважением,\nАнна\n+7 999 123-45-67'],
    ['a sentence about a phone', 'Отправлено вчера, а не сегодня. Проверьте.'],
    ['a greater sign inside', 'a > b\n5 > 3'],
  ])('%s is no quote', (_name, text) => {
    expect(stripQuotes(text)).toEqual({ text, rest: '', forwarded: false });
  });

  it('keeps answers between quotes', () => {
    expect(stripQuotes('> Когда?\nВо вторник.\n> Куда?\nВ Казань.').text).toBe('Во вторник.\nВ Казань.');
  });

  it.each([
    '---------- Forwarded message ---------\nFrom: x',
    '-------- Пересылаемое сообщение --------\n01.02.2025',
    'Begin forwarded message:\n\nFrom: x',
    'Начало переадресованного сообщения:\n\nОт: x',
  ])('knows a forward: %s', (below) => {
    expect(stripQuotes(`Смотрите ниже.\n\n${below}`)).toMatchObject({ text: 'Смотрите ниже.', forwarded: true });
  });

  it('stays quick on hostile text', () => {
    const began = performance.now();
    for (const line of [
      '>'.repeat(200_000),
      'On '.repeat(60_000),
      `${'a'.repeat(400)}:\n`.repeat(2000),
      '--\n'.repeat(20_000),
    ])
      stripQuotes(line);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

describe('the words of an HTML mail', () => {
  it.each([
    [
      'Gmail',
      '<div dir="ltr">Да</div><br><div class="gmail_quote">' +
        '<div class="gmail_attr">пн, 3 февр. 2025 г. в 11:00, Отдел &lt;sales@example.com&gt;:<br></div>' +
        '<blockquote>Когда?</blockquote></div>',
    ],
    [
      'Yandex',
      '<div>Да</div><div>03.02.2025, 11:00, "Отдел" &lt;sales@example.com&gt;:</div>' +
        '<blockquote><p>Когда?</p></blockquote>',
    ],
    [
      'Mail.ru',
      '<p>Да</p><blockquote style="border-left:1px solid">' +
        'Понедельник, 3 февраля 2025, 11:00 +03:00 от Отдел &lt;sales@example.com&gt;:<br>Когда?</blockquote>',
    ],
    [
      'Outlook',
      '<p class=MsoNormal>Да</p><div>' +
        '<p><b>От:</b> Отдел &lt;sales@example.com&gt;<br><b>Отправлено:</b> 3 февраля 2025 г. 11:00<br>' +
        '<b>Кому:</b> Анна<br><b>Тема:</b> Заказ</p></div><p>Когда?</p>',
    ],
    [
      'Apple',
      '<div>Да</div><div><blockquote type="cite">' +
        '<div>On 3 Feb 2025, at 11:00, Sales wrote:</div><div>Когда?</div></blockquote></div>',
    ],
  ])('%s: the quote is found', (_name, html) => {
    const { text, rest } = stripQuotes(htmlToText(html));
    expect(text).toBe('Да');
    expect(rest).toContain('Когда?');
  });

  it.each(['<', '<a', '<!--', '<script>', '<style>x', '</', '<p', '&#x110000;&#0;&#xD800;', '<a title=">">x</a>'])(
    'survives %s',
    (html) => {
      expect(htmlToText(html)).not.toMatch(/[\u0000\ud800]/);
    },
  );

  it('stays quick on hostile HTML', () => {
    const began = performance.now();
    for (const html of [
      '<'.repeat(100_000),
      '<a "'.repeat(20_000),
      '<script>'.repeat(20_000),
      '<blockquote>'.repeat(50_000),
    ])
      htmlToText(html);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
