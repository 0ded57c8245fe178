/** What a provider's own API answers to a command of ours. */
import { cleanLine } from '../../src/channel.ts';
import { Refused } from '../../src/errors.ts';
import type { Loose } from './loose.ts';

const MAX_BYTES = 64 * 1024;

/**
 * The JSON object of a good answer.
 *
 * @throws Refused when the provider will not do it, with its reason; any other error when nobody knows what it did
 */
export async function answered(
  provider: string,
  response: Response,
  reasonOf: (said: Loose) => string,
): Promise<Loose> {
  const said = looseJson(await limitedText(response));
  if (response.ok) return said;
  const reason = cleanLine(reasonOf(said), 300);
  if (response.status >= 400 && response.status < 500)
    throw new Refused(`${provider} refused (${response.status})${reason === '' ? '.' : `: ${reason}`}`);
  throw new Error(`${provider} answered ${response.status}.`);
}

/** What is longer than any answer should be is cut, and then no JSON any more. */
async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MAX_BYTES));
}

function looseJson(text: string): Loose {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Loose) : {};
  } catch {
    return {};
  }
}
