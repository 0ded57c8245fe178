import { getLocale } from '../../paraglide/runtime.js';

/** Where most installations are; the rest follow by name. */
const CODES =
  'RU US AE AM AR AT AU AZ BE BG BR BY CA CH CL CN CO CY CZ DE DK EE EG ES FI FR GB GE GR HK HR HU ID IE IL IN IT ' +
  'JP KG KR KZ LT LU LV MA MD ME MX MY NL NO NZ PE PH PK PL PT RO RS SA SE SG SI SK TH TJ TM TR TW UA UZ VN ZA';

export function countryOptions(): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([getLocale()], { type: 'region' });
  return CODES.split(' ')
    .map((code) => ({ value: code, label: names.of(code) ?? code }))
    .toSorted((one, other) => one.label.localeCompare(other.label, getLocale()));
}
