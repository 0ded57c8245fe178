/**
 * The body is what somebody typed in the cabinet, placeholders filled in. Our template is read, the flat one of
 * other integrations, and fields in a query or a form.
 */
import type { InboundRequest } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import { formFields, jsonObject, type Loose, string, textOf } from '../../loose.ts';

const PLACEHOLDER = /^\{\{[^{}]*\}\}$/;

/** @throws Malformed */
export function fieldsOf({ url, headers, body }: InboundRequest): Loose {
  const text = textOf(body);
  const isJson = /json/i.test(headers['content-type'] ?? '') || /^\s*\{/.test(text);
  if (!isJson || text.trim() === '') return filled(formFields(url, body));
  return filled({ ...formFields(url, new Uint8Array()), ...flat(tolerantJson(text)) });
}

/** A placeholder that the cabinet does not know for this notification stays, and one without a value leaves a gap. */
function tolerantJson(text: string): Loose {
  try {
    return jsonObject(text);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const mended = text.replace(/:\s*\{\{[\w.]{1,60}\}\}/g, ': "{{}}"').replace(/:(?=\s*[,}])/g, ': "{{}}"');
    return jsonObject(mended);
  }
}

/** `{"call_info": {"talk_time_duration": 5}}` reads as if it stood above. */
function flat(fields: Loose): Loose {
  const inner = Object.values(fields).flatMap((value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [],
  );
  return { ...Object.fromEntries(inner), ...fields };
}

/** Without what was not filled in. `null` stays: the placeholder is known, and there is nothing in it. */
const filled = (fields: Loose): Loose =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !PLACEHOLDER.test(bare(value))));

/** The text of a field: values have been seen in quotes of their own. */
export function bare(value: unknown): string {
  const text = string(value)
    .replace(/^"(.*)"$/s, '$1')
    .trim();
  return text === 'null' ? '' : text;
}
