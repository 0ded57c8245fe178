import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskDeep, maskEmail, maskField, maskIdentity, maskPhone, maskText } from '../../src/contacts/mask.ts';

describe('maskPhone', () => {
  it.each([
    ['+79991234567', '+7 ••• •••-••-67'],
    ['8 (999) 123-45-67', '+7 ••• •••-••-67'],
    ['+7 999 123 45 67', '+7 ••• •••-••-67'],
    ['+4915112345678', '+49 ••• •••-••-78'],
    ['030 123456', '••• •••-••-56'],
    ['123', '•••'],
  ])('%s → %s', (value, shown) => expect(maskPhone(value)).toBe(shown));
});

describe('maskEmail', () => {
  it.each([
    ['anna@example.com', 'a•••@example.com'],
    ['ж@пример.рф', 'ж•••@пример.рф'],
    ['😀smile@example.com', '😀•••@example.com'],
    ['no address', '•••'],
  ])('%s → %s', (value, shown) => expect(maskEmail(value)).toBe(shown));
});

it('masks ids of other kinds down to what tells them apart', () => {
  expect(maskIdentity('telegram', '123456789')).toBe('•••89');
  expect(maskIdentity('telegram', '1234')).toBe('•••');
  expect(maskIdentity('whatsapp', '79991234567')).toBe('+7 ••• •••-••-67');
});

describe('maskText', () => {
  it.each([
    ['Call +7 (999) 123-45-67 please', 'Call +7 ••• •••-••-67 please'],
    ['тел89991234567!', 'тел+7 ••• •••-••-67!'],
    ['8.999.123.45.67', '+7 ••• •••-••-67'],
    ['write to anna.smith+x@mail.example.com.', 'write to a•••@mail.example.com.'],
    ['?email=anna%40example.com', '?email=a•••@example.com'.replace('?email=a', '?email=a')],
    ['8\u00a0999\u00a0123\u200b45\u200b67', '+7 ••• •••-••-67'],
    ['８９９９１２３４５６７', '••• •••-••-６７'],
    ['on 2026-05-12 or 12.05.2026, 3 rooms', 'on 2026-05-12 or 12.05.2026, 3 rooms'],
    ['12.05.2026 at 14:30, 2 pcs', '12.05.2026 at 14:30, 2 pcs'],
    ['flat 12, floor 5', 'flat 12, floor 5'],
    ['', ''],
  ])('%j → %j', (text, shown) => expect(maskText(text)).toBe(shown));

  it('leaves no phone, however it is spelled and wherever it stands', () => {
    const joint = fc.constantFrom('', ' ', '-', '.', ' - ', ')', '(', '\u00a0', '\u200b', '/', '_');
    const around = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[\p{Nd}@%]/gu, ''));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[2-9]\d{9}$/),
        fc.array(joint, { minLength: 10 }),
        around,
        around,
        (d, j, a, b) => {
          const spelled = Array.from(d, (digit) => digit)
            .map((digit, index) => `${digit}${j[index] ?? ''}`)
            .join('');
          const shown = maskText(`${a}${spelled}${b}`).replaceAll(/\P{Nd}/gu, '');
          // The calling code and the last two.
          expect(shown.length).toBeLessThanOrEqual(5);
        },
      ),
    );
  });

  it('leaves no address', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const local = address.slice(0, address.lastIndexOf('@'));
        fc.pre(/^[a-z0-9._+-]{2,}$/i.test(local));
        expect(maskText(`mail ${address} now`)).not.toContain(`${local}@`);
      }),
    );
  });

  it('is quick with whatever people paste', () => {
    for (const text of ['a'.repeat(20_000), '1 '.repeat(10_000), 'a.'.repeat(10_000), '+'.repeat(20_000)]) {
      const began = performance.now();
      maskText(text);
      expect(performance.now() - began).toBeLessThan(500);
    }
  });
});

it('masks fields by kind, and everything inside a source', () => {
  expect(maskField('phone', '89991234567')).toBe('+7 ••• •••-••-67');
  expect(maskField('email', 'a@example.com')).toBe('a•••@example.com');
  expect(maskField('name', 'Anna 89991234567')).toBe('Anna +7 ••• •••-••-67');
  expect(maskField('phone', '')).toBe('');
  expect(maskDeep({ page: 'https://x.test/?m=a@b.co', firstTouch: { 'a@b.co': ['89991234567', 1] } })).toEqual({
    page: 'https://x.test/?m=a•••@b.co',
    firstTouch: { 'a•••@b.co': ['+7 ••• •••-••-67', 1] },
  });
});
