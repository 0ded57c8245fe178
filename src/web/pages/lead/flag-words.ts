import { m } from '../../paraglide/messages.js';

/** Quiet remarks; `unconfirmed` and `stranger` are warnings and stand elsewhere. */
const WORDS: Readonly<Record<string, () => string>> = {
  automatic: m.flag_automatic,
  list: m.flag_list,
  calendar: m.flag_calendar,
  forwarded: m.flag_forwarded,
  junk: m.flag_junk,
  'form-mail': m.flag_form_mail,
};

export const flagWords = (flag: string): string | undefined => WORDS[flag]?.();
