import { m } from '../../paraglide/messages.js';

const KNOWN: readonly (readonly [RegExp, () => string])[] = [
  [/^error: |^the process died/i, m.reason_bug],
  [/^key-reused/i, m.reason_key_reused],
  [/^honeypot/i, m.reason_honeypot],
  [/^too-fast/i, m.reason_too_fast],
  [/captcha/i, m.reason_captcha],
  [/not valid JSON|JSON object/i, m.reason_json],
  [/multipart/i, m.reason_multipart],
  [/charset|not valid text/i, m.reason_charset],
  [/Send the form as|content type/i, m.reason_format],
  [/^More than|nested deeper|may take \d+ bytes/i, m.reason_too_big],
  [/key .*(gone|destroyed|erased)|erased/i, m.reason_erased],
];

/** Why a delivery was set aside, for a person who sells. What the machine wrote down is shown beneath it. */
export function reasonWords(reason: string): string | undefined {
  return KNOWN.find(([pattern]) => pattern.test(reason))?.[1]();
}
