/** What the tests of the listener share: a mailbox, a listener on it, and what it handed over. */
import { email } from '../../channels/email/index.ts';
import type { Channel, Health, ListenTools } from '../../src/channel.ts';
import type { ImapServer } from '../contract/email/imap-server.ts';
import { mailboxOn } from '../contract/email/loopback.ts';
import { endpointFor, type ListenStandIn, listenToolsFor } from '../contract/stand-ins.ts';

export const channel = email as unknown as Channel;

export const mailboxEndpoint = (imap: Pick<ImapServer, 'port'>, settings: Record<string, unknown> = {}) =>
  endpointFor(channel, { ...mailboxOn(imap.port, 1), ...settings });

export interface Listener {
  readonly tools: ListenStandIn;
  readonly healths: Health[];
  /** Bodies in the order of their commit, as text. */
  readonly bodies: () => string[];
  readonly has: (text: string) => number;
  readonly ended: () => boolean;
  readonly stop: () => Promise<void>;
}

export function startListener(
  imap: Pick<ImapServer, 'port'>,
  over: { settings?: Record<string, unknown>; before?: Listener; accept?: ListenTools['accept']; tools?: object } = {},
): Listener {
  const tools = listenToolsFor(over.accept, over.before?.tools);
  const healths: Health[] = [];
  const report = tools.report;
  Object.assign(tools, over.tools, {
    report: (health: Health) => {
      healths.push(health);
      report(health);
    },
  });
  const abort = new AbortController();
  let over_ = false;
  const done = channel.listen!(mailboxEndpoint(imap, over.settings) as never, tools, abort.signal).finally(() => {
    over_ = true;
  });
  const bodies = (): string[] => tools.accepted.map(({ heard }) => Buffer.from(heard.body).toString('utf8'));
  return {
    tools,
    healths,
    bodies,
    has: (text) => bodies().filter((body) => body.includes(text)).length,
    ended: () => over_,
    stop: async () => {
      abort.abort();
      await done;
    },
  };
}
