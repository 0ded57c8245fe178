import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchingKey } from '../../src/contacts/matching-key.ts';

const key = (kind: string, value: string, defaultCountry = 'RU', endpointId = 'e1') =>
  matchingKey(kind, value, { defaultCountry, endpointId })?.key;

describe('phones', () => {
  it.each([
    [
      'RU',
      [
        '+79991234567',
        '89991234567',
        '79991234567',
        '8 (999) 123-45-67',
        '+7 999 123 45 67',
        '9991234567',
        '007 999 123 45 67',
      ],
    ],
    ['BR', ['+5511987654321', '+551187654321', '11 98765-4321', '(11) 8765-4321']],
    ['MX', ['+525512345678', '+5215512345678', '55 1234 5678']],
    ['AR', ['+541123456789', '+5491123456789', '11 2345-6789']],
    ['DE', ['+4915112345678', '0151 12345678', '0049 151 12345678']],
  ])('%s: all spellings are one line', (country, spellings) => {
    const keys = new Set(spellings.map((value) => key('phone', value, country)));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^phone:\+\d+$/);
  });

  it('keeps lines apart that differ', () => {
    expect(key('phone', '+551132654321', 'BR')).not.toBe(key('phone', '+5511932654321', 'BR'));
    expect(key('phone', '+79991234567')).not.toBe(key('phone', '+79991234568'));
    expect(key('phone', '+551187654321')).not.toBe(key('phone', '+552187654321'));
  });

  it.each(['', '123', 'call me', '+', '0000000000000000000000', '89991234567, 89997654321'])('%j is nobody', (value) =>
    expect(key('phone', value)).toBeUndefined(),
  );

  it('is the same however a Russian number is punctuated', () => {
    const joint = fc.constantFrom('', ' ', '-', '.', ' (', ') ');
    fc.assert(
      fc.property(
        fc.stringMatching(/^9\d{9}$/),
        fc.constantFrom('+7', '8', '7'),
        fc.array(joint, { minLength: 3, maxLength: 3 }),
        (digits, prefix, [a = '', b = '', c = '']) => {
          const spelled = `${prefix}${a}${digits.slice(0, 3)}${b}${digits.slice(3, 6)}${c}${digits.slice(6)}`;
          expect(key('phone', spelled)).toBe(`phone:+7${digits}`);
        },
      ),
    );
  });

  it('shows a number as E.164, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.constantFrom('RU', 'BR', 'US', 'XX'), (value, country) => {
        const found = matchingKey('phone', value, { defaultCountry: country, endpointId: 'e' });
        if (found !== undefined) expect(found.display).toMatch(/^\+\d{5,15}$/);
      }),
    );
  });
});

describe('e-mail', () => {
  it.each([
    ['Anna.Smith+shop@Gmail.com', 'email:annasmith@gmail.com'],
    ['annasmith@googlemail.com', 'email:annasmith@gmail.com'],
    ['ivan.petrov@ya.ru', 'email:ivan-petrov@yandex.ru'],
    ['ivan-petrov@yandex.com', 'email:ivan-petrov@yandex.ru'],
    ['anna.smith@example.com', 'email:anna.smith@example.com'],
    ['anna+shop@example.com', 'email:anna+shop@example.com'],
    [' ANNA@EXAMPLE.COM ', 'email:anna@example.com'],
  ])('%s', (value, wanted) => expect(key('email', value)).toBe(wanted));

  it.each([
    '',
    'anna',
    '@example.com',
    'a@b',
    'a b@example.com',
    'a@example..com',
    '+@gmail.com',
    `${'a'.repeat(250)}@x.com`,
  ])('%j is nobody', (value) => expect(key('email', value)).toBeUndefined());

  it('takes dots and tags of a gmail box for what they are', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{6,12}$/), fc.nat(5), fc.stringMatching(/^[a-z]{0,5}$/), (box, at, tag) => {
        const dotted = `${box.slice(0, at + 1)}.${box.slice(at + 1)}${tag === '' ? '' : `+${tag}`}@gmail.com`;
        expect(key('email', dotted)).toBe(`email:${box}@gmail.com`);
      }),
    );
  });
});

it('keeps a provider’s ids within their endpoint and their kind', () => {
  expect(key('telegram', '123', 'RU', 'e1')).not.toBe(key('telegram', '123', 'RU', 'e2'));
  expect(key('telegram', '123')).not.toBe(key('whatsapp', '123'));
  expect(key('telegram', ' ')).toBeUndefined();
});

it('keeps a number that it cannot place, for the one who has to call it', () => {
  const abroad = { defaultCountry: 'US', endpointId: 'e1' };
  expect(matchingKey('phone', '8 912 345-67-89', abroad)).toMatchObject({ key: 'phone:+79123456789' });
  expect(matchingKey('phone', '123 456 789 012 34', abroad)).toEqual({
    kind: 'phone',
    key: 'phone:?e1:12345678901234',
    display: '123 456 789 012 34',
  });
  expect(matchingKey('phone', '23-45-67', { ...abroad, defaultCountry: 'RU' })).toBeUndefined();
});
