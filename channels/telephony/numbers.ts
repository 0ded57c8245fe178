/** Numbers as telephony writes them. */

/** Words and numbers that providers send where the caller withheld theirs (Twilio's are the last ones). */
const HIDDEN = new Set(
  [
    ['', '-', 'anonymous', 'anonymous.invalid', 'unknown', 'restricted', 'private', 'unavailable', 'withheld'],
    ['blocked', 'hidden', 'null', 'none', 'скрыт', 'скрытый номер', 'неизвестно', 'неизвестный номер'],
    ['266696687', '7378742833', '2562533', '8656696', '86282452253'],
  ].flat(),
);

/** `sip:79990001122@host;user=phone`, `tel:+7999…`, `79990001122_id26`, `"Anna" <79990001122>`: the bare number. */
export function bareNumber(text: string): string {
  const inside = /<([^>]*)>/.exec(text)?.[1] ?? text;
  return inside
    .trim()
    .replace(/^(?:sips?|tel|client|phone):/i, '')
    .replace(/[@;?].*$/s, '')
    .replace(/_id\d+$/, '')
    .trim();
}

export function isHidden(text: string): boolean {
  const bare = bareNumber(text).toLowerCase().replace(/^\+/, '');
  return HIDDEN.has(bare) || /^0+$/.test(bare);
}

/** With the plus that providers leave out where the country code is always there. */
export function withPlus(number: string): string {
  const digits = number.replace(/[\s().-]/g, '');
  return /^[1-9]\d{9,14}$/.test(digits) ? `+${digits}` : number;
}

/** For comparing numbers written in different ways: their last ten digits, or all of a short one. */
export function sameDigits(number: string): string {
  const digits = bareNumber(number).replace(/\D/g, '');
  return digits.length > 10 ? digits.slice(-10) : digits;
}

/** Is it one of our own people: a short number, or no number at all (`client:anna`, a SIP login)? */
export function isInternal(text: string, maxDigits: number): boolean {
  const bare = bareNumber(text);
  if (isHidden(bare)) return false;
  const digits = bare.replace(/\D/g, '');
  return digits.length <= maxDigits || !/^[+\d\s().-]+$/.test(bare);
}
