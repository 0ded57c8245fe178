import * as baileys from '@whiskeysockets/baileys';
import { whatsappBaileys } from '../../channels/whatsapp-baileys/index.ts';
import { runSession } from '../../channels/whatsapp-baileys/session.ts';
import type { BaileysSettings } from '../../channels/whatsapp-baileys/settings.ts';
import type { Channel, EndpointContext, Health, Heard, ListenTools, ParsedEvent } from '../../src/channel.ts';
import { endpointFor, type ListenStandIn, listenToolsFor, requestFor } from '../contract/stand-ins.ts';
import { type FakeSocket, makeFakeSockets } from '../contract/whatsapp-baileys/loopback.ts';

export const channel = whatsappBaileys as unknown as Channel;

export const endpointWith = (settings: Record<string, unknown> = {}): EndpointContext<BaileysSettings> =>
  endpointFor(channel, { acceptRisk: true, ...settings }) as EndpointContext<BaileysSettings>;

export interface Running {
  readonly tools: ListenStandIn;
  readonly sockets: readonly FakeSocket[];
  /** Every report, oldest first. */
  readonly reports: readonly Health[];
  readonly last: () => FakeSocket;
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface Options {
  readonly settings?: Record<string, unknown>;
  readonly accept?: ListenTools['accept'];
  readonly before?: ListenStandIn;
  readonly sockets?: Parameters<typeof makeFakeSockets>[0];
  /** Sockets that open by themselves. */
  readonly open?: boolean;
}

/** The listener's loop over sockets that do nothing by themselves. */
export function startSession({ settings, accept, before, sockets, open = false }: Options = {}): Running {
  const tools = listenToolsFor(accept, before);
  const reports: Health[] = [];
  const report = tools.report;
  Object.assign(tools, {
    report: (health: Health) => {
      reports.push(health);
      report(health);
    },
  });
  const onMade = (made: FakeSocket): void => void (open && queueMicrotask(made.open));
  const fakes = makeFakeSockets({ onMade, ...sockets });
  const abort = new AbortController();
  const endpoint = endpointWith(settings);
  const ended = runSession({ library: baileys, makeSocket: fakes.make, endpoint, tools, signal: abort.signal });
  return {
    tools,
    sockets: fakes.made,
    reports,
    last: () => fakes.made.at(-1)!,
    ended,
    stop: async () => {
      abort.abort();
      await ended;
    },
  };
}

export const bodyOf = ({ body }: Heard): Record<string, unknown> =>
  JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;

/** What the house would make of a delivery. */
export function parsed(heard: Heard, settings: Record<string, unknown> = {}): readonly ParsedEvent[] | string {
  const found = whatsappBaileys.parse(requestFor(channel, { body: heard.body }), endpointWith(settings));
  if (found instanceof Promise) throw new Error('parse is expected to be synchronous here');
  return 'ignored' in found ? found.ignored : found;
}
