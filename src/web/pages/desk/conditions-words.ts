import type { Conditions } from '../../api/types.ts';
import { channelName, languageName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';

/** "channel: Web form; page has /boilers; new client" */
export function conditionsWords(conditions: Conditions, endpoints: readonly { id: string; name: string }[]): string {
  const parts: string[] = [];
  const add = (name: string, values: readonly string[] | undefined): void => {
    if (values !== undefined && values.length > 0) parts.push(`${name}: ${values.join(m.or_between())}`);
  };
  const endpointName = (id: string): string => endpoints.find((one) => one.id === id)?.name ?? '…';
  add(m.condition_channel(), conditions.channels?.map(channelName));
  add(m.condition_endpoint(), conditions.endpoints?.map(endpointName));
  for (const [name, values] of Object.entries(conditions.utm ?? {})) add(`utm_${name}`, values);
  add(m.condition_page(), conditions.pages);
  add(m.condition_language(), conditions.languages?.map(languageName));
  if (conditions.contact !== undefined)
    parts.push(conditions.contact === 'new' ? m.condition_new() : m.condition_repeat());
  if (conditions.hours !== undefined)
    parts.push(conditions.hours === 'open' ? m.condition_open() : m.condition_closed());
  return parts.length === 0 ? m.condition_always() : parts.join('; ');
}
