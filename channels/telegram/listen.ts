import type { Update } from 'grammy/types';
import type { EndpointContext, ListenTools } from '../../src/channel.ts';
import { openApi } from './call-api.ts';
import { persist } from './persist.ts';
import { poll } from './poll.ts';
import type { TelegramSettings } from './settings.ts';
import { watchWebhook } from './watch-webhook.ts';
import { wordsFor } from './words.ts';

type Kind = Exclude<keyof Update, 'update_id'>;

const BASIC: readonly Kind[] = ['message', 'edited_message', 'my_chat_member', 'callback_query'];
const BUSINESS: readonly Kind[] = [
  'business_connection',
  'business_message',
  'edited_business_message',
  'deleted_business_messages',
];

/** Polls, or keeps the webhook set and watches how Telegram gets on with it. */
export async function listen(
  endpoint: EndpointContext<TelegramSettings>,
  tools: ListenTools,
  signal: AbortSignal,
): Promise<void> {
  const { settings, address } = endpoint;
  const say = wordsFor(endpoint.language);
  if (settings.mode === 'webhook' && !address.startsWith('https://')) {
    tools.report({ state: 'needs-human', detail: say.needsHttps });
    return;
  }
  tools.report({ state: 'connecting' });
  const parts = {
    api: openApi(settings, tools.fetch),
    // Named in full each time: left out, Telegram keeps whatever was asked for before, perhaps by another program.
    kinds: settings.business ? [...BASIC, ...BUSINESS] : BASIC,
    tools,
    signal,
    say,
  };
  await persist(settings.mode === 'webhook' ? watchWebhook(address, parts) : poll(parts), say, tools.report, signal);
}
