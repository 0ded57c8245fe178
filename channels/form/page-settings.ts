/** What the visitor sees: the settings of the form's page, and of the consent on it. */
import { z } from 'zod';
import type { SettingMeta } from '../../src/channel.ts';

const isWebAddress = (value: string): boolean => {
  if (!/^https?:\/\/[^\s\\]+$/i.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.username === '' && url.password === '';
};

export const text = (max: number, meta: SettingMeta) =>
  z
    .string()
    .max(max)
    .default('')
    .meta({ ...meta });

export const webAddress = z.string().max(2000).refine(isWebAddress, 'An http or https address without user name');

const formField = z.object({
  name: z
    .string()
    .regex(/^[^\s[\]"'<>&=]{1,100}$/u, 'Up to 100 characters, no spaces, quotes or brackets')
    .meta({ title: 'Name', description: 'The name under which the answer is sent.' }),
  label: z.string().min(1).max(200).meta({ title: 'Label', description: 'What the visitor reads.' }),
  kind: z
    .enum(['name', 'phone', 'email', 'text', 'message', 'file'])
    .default('text')
    .meta({ title: 'Kind', description: 'Gives the keyboard, the autofill and the meaning of the answer.' }),
  required: z.boolean().default(false).meta({ title: 'Required', description: 'Must be filled in.' }),
});

export const form = {
  formFields: z
    .array(formField)
    .max(50)
    .default([])
    .meta({
      title: 'Fields',
      description:
        'Fields of the hosted page and of the form that the script draws. Empty: name, phone, email, message.',
      ru: {
        title: 'Поля',
        description:
          'Поля страницы с формой и формы, которую рисует скрипт. Пусто: имя, телефон, эл. почта, сообщение.',
      },
    }),
  requireOneOf: z
    .array(z.enum(['phone', 'email', 'name', 'message']))
    .max(4)
    .default(['phone', 'email'])
    .meta({
      title: 'Ask for one of',
      description: 'A request without any of these is refused. Empty: take all.',
      ru: {
        title: 'Нужно хотя бы одно из',
        description: 'Заявка, в которой ничего из этого нет, отклоняется. Пусто: принимать все.',
      },
      choiceTitles: {
        phone: { en: 'Phone', ru: 'Телефон' },
        email: { en: 'Email', ru: 'Эл. почта' },
        name: { en: 'Name', ru: 'Имя' },
        message: { en: 'Message', ru: 'Сообщение' },
      },
    }),
  title: text(200, {
    title: 'Title',
    description: 'Heading of the hosted page. Empty: a usual one.',
    ru: { title: 'Заголовок', description: 'Заголовок страницы с формой. Пусто: обычный.' },
  }),
  intro: text(2000, {
    title: 'Introduction',
    description: 'A text above the fields.',
    ru: { title: 'Вступление', description: 'Текст над полями.' },
  }),
  buttonText: text(100, {
    title: 'Button',
    description: 'Text on the button. Empty: Send.',
    ru: { title: 'Кнопка', description: 'Надпись на кнопке. Пусто: «Отправить».' },
  }),
  successMessage: text(1000, {
    title: 'Thanks',
    description: 'Shown after sending. Empty: a usual one.',
    ru: { title: 'Благодарность', description: 'Текст после отправки. Пусто: обычный.' },
  }),
  thankYouUrl: z
    .union([z.literal(''), webAddress])
    .default('')
    .meta({
      title: 'Thank-you page',
      description: 'Where a visitor goes after sending. Empty: a small page of ours.',
      ru: {
        title: 'Страница благодарности',
        description: 'Куда посетитель попадает после отправки. Пусто: наша небольшая страница.',
      },
    }),
};

export const consent = {
  consentText: text(5000, {
    title: 'Consent text',
    description: 'Shown next to a tick box; its hash is kept with each consent.',
    ru: {
      title: 'Текст согласия',
      description: 'Показывается рядом с галочкой; с каждым согласием хранится хеш этого текста.',
    },
  }),
  consentRequired: z
    .boolean()
    .default(true)
    .meta({
      title: 'Consent required',
      description: 'With a consent text: a request without the consent is refused.',
      ru: {
        title: 'Согласие обязательно',
        description: 'Если задан текст согласия: заявка без согласия отклоняется.',
      },
    }),
  consentPurpose: z
    .string()
    .min(1)
    .max(100)
    .default('contact')
    .meta({
      title: 'Purpose of the consent',
      description: 'A short word for what the person agrees to.',
      ru: { title: 'Цель согласия', description: 'Одно короткое слово: на что человек соглашается.' },
    }),
};
