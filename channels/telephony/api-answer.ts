/** What a provider's own API answers to a command of ours. */
import { cleanLine } from '../../src/channel.ts';
import { Refused } from '../../src/errors.ts';
import type { Loose } from './loose.ts';
import { shortAnswer } from './short-answer.ts';

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
  const { status, body } = await shortAnswer(response);
  if (response.ok) return body;
  const reason = cleanLine(reasonOf(body), 300);
  if (status >= 400 && status < 500)
    throw new Refused(`${provider} refused (${status})${reason === '' ? '.' : `: ${reason}`}`);
  throw new Error(`${provider} answered ${status}.`);
}
