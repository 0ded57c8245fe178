import type { EndpointContext, ListenTools } from '../../src/channel.ts';
import { loadBaileys, socketFactory } from './connect.ts';
import { runSession } from './session.ts';
import type { BaileysSettings } from './settings.ts';

export async function listen(
  endpoint: EndpointContext<BaileysSettings>,
  tools: ListenTools,
  signal: AbortSignal,
): Promise<void> {
  const { acceptRisk, pairing, phone } = endpoint.settings;
  if (!acceptRisk)
    return tools.report({
      state: 'needs-human',
      detail:
        'This connection is unofficial: WhatsApp may limit or block the number. ' +
        'Tick "I accept the risk" in the settings to connect.',
    });
  if (pairing === 'code' && phone === '')
    return tools.report({
      state: 'needs-human',
      detail: 'Pairing by code needs the phone number of the account. Fill it in in the settings.',
    });
  const library = await loadBaileys();
  const makeSocket = socketFactory.make ?? library.makeWASocket;
  await runSession({ library, makeSocket, endpoint, tools, signal });
}
