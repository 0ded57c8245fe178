/** An identity's sealed value: how it is shown, and the original as it was written, kept for ever. */

export interface IdentityValue {
  /** E.164 for phones, lower-case for e-mail. */
  readonly display: string;
  readonly original: string;
}

/** Most originals are what is shown already: then the value stands alone. */
export function writeIdentityValue(value: IdentityValue): string {
  return value.display === value.original ? value.display : JSON.stringify([value.display, value.original]);
}

export function readIdentityValue(text: string): IdentityValue {
  if (!text.startsWith('[')) return { display: text, original: text };
  const [display, original] = JSON.parse(text) as [string, string];
  return { display, original };
}
