import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

const when = { setting: 'provider', is: ['asterisk'] };

/** Plain http is allowed: most PBXs stand in the same private network and have no certificate. */
const isAsteriskUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
};

const account = {
  asteriskUrl: z
    .string()
    .max(300)
    .refine(isAsteriskUrl, 'An address such as http://192.0.2.5:8088')
    .optional()
    .meta({
      title: 'Address of Asterisk',
      description:
        'Its built-in web server: http://192.0.2.5:8088, or https. Plain http only in a network of your own.',
      ru: {
        title: 'Адрес Asterisk',
        description: 'Встроенный веб-сервер: http://192.0.2.5:8088 или https. Обычный http только в своей сети.',
      },
      when,
    } satisfies SettingMeta),
  asteriskUser: z
    .string()
    .regex(/^[^\s:]{1,100}$/, 'A name without spaces and colons')
    .optional()
    .meta({
      title: 'ARI user',
      description: 'The section of this user in ari.conf; in FreePBX: Settings > Asterisk REST Interface Users.',
      ru: {
        title: 'Пользователь ARI',
        description: 'Секция пользователя в ari.conf; во FreePBX: Settings > Asterisk REST Interface Users.',
      },
      when,
    } satisfies SettingMeta),
  asteriskPassword: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'Up to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'ARI password',
      description: 'Of the same user. Whoever has it can call and hang up on this PBX.',
      ru: {
        title: 'Пароль ARI',
        description: 'Того же пользователя. Кто его знает, может звонить и завершать звонки на этой АТС.',
      },
      secret: true,
      when,
    } satisfies SettingMeta),
  asteriskApp: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, 'Letters, digits, dashes and underscores')
    .default('inlet')
    .meta({
      title: 'ARI application',
      description:
        'A name that no other program uses on this PBX: Asterisk sends events to one program of a name only.',
      ru: {
        title: 'Приложение ARI',
        description: 'Имя, которого на этой АТС больше ни у кого нет: события получает одна программа с этим именем.',
      },
      when,
    } satisfies SettingMeta),
};

const dialling = {
  asteriskPhone: z
    .string()
    .regex(/^[A-Za-z0-9]{2,20}\/[\w@./-]*\{extension\}[\w@./-]*$/, 'With {extension} in it, such as PJSIP/{extension}')
    .default('PJSIP/{extension}')
    .meta({
      title: 'Phone of an employee',
      description: 'How Asterisk reaches an extension on click-to-call: PJSIP/{extension}, SIP/{extension}.',
      ru: {
        title: 'Телефон сотрудника',
        description: 'Как Asterisk звонит на внутренний номер при звонке в один клик: PJSIP/{extension}.',
      },
      when,
    } satisfies SettingMeta),
  asteriskContext: z
    .string()
    .regex(/^[\w.-]{1,80}$/)
    .default('from-internal')
    .meta({
      title: 'Context for calls out',
      description: 'The part of the dialplan that employees call out from; FreePBX: from-internal.',
      ru: {
        title: 'Контекст исходящих звонков',
        description: 'Часть диалплана, из которой звонят сотрудники; во FreePBX: from-internal.',
      },
      when,
    } satisfies SettingMeta),
  asteriskNumbers: z
    .enum(['digits', 'plus', 'eight'])
    .default('digits')
    .meta({
      title: 'How the dialplan wants numbers',
      description: 'What is dialled on click-to-call.',
      ru: { title: 'Вид номеров в диалплане', description: 'Что набирается при звонке в один клик.' },
      choiceTitles: {
        digits: { en: '79990001122', ru: '79990001122' },
        plus: { en: '+79990001122', ru: '+79990001122' },
        eight: { en: '89990001122, abroad 810...', ru: '89990001122, за границу 810...' },
      },
      when,
    } satisfies SettingMeta),
};

export const asteriskSettings = { ...account, ...dialling };

export const asteriskRequired = ['asteriskUrl', 'asteriskUser', 'asteriskPassword'] as const;
