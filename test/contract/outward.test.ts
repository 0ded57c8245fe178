/** The outward half of the contract: `send`, `fetch` and `listen` against a provider on the loopback. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channels as nodeChannels } from '../../channels/node.ts';
import type { Channel, Heard, Outbound } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import type { Loopback } from './loopback.ts';
import { loopbacks } from './loopbacks.ts';
import { bytes, endpointFor, type ListenStandIn, listenToolsFor, toolsFor, until } from './stand-ins.ts';

const all = nodeChannels as unknown as readonly Channel[];
const NO_TEST = (_name: string, _work: () => unknown): void => undefined;
const outward = all.filter((one) => one.send !== undefined || one.fetch !== undefined || one.listen !== undefined);

describe.each(outward.map((channel) => [channel.id, channel] as const))('%s: outward', (id, channel) => {
  let provider: Loopback;
  beforeEach(async () => {
    const open = loopbacks[id];
    if (open === undefined) throw new Error(`${id} needs a loopback in test/contract/loopbacks.ts`);
    provider = await open();
  });
  afterEach(() => provider?.close());

  // What a channel does not declare is named by channels.test.ts; here it has no tests at all.
  const whenSends = channel.send === undefined ? NO_TEST : it;
  const whenFetches = channel.fetch === undefined ? NO_TEST : it;
  const whenListens = channel.listen === undefined ? NO_TEST : it;

  /** With a listener beside it, where sending goes through the listener's connection. */
  const connected = async <T>(work: () => Promise<T>): Promise<T> => {
    if (channel.capabilities.sends?.byListener !== true) return work();
    const listener = listening(channel, provider);
    try {
      await until(() => listener.tools.health?.state === 'connected');
      return await work();
    } finally {
      await listener.stop();
    }
  };

  whenSends('sends a text and a file, once', () =>
    connected(async () => {
      const attachments =
        channel.capabilities.sends?.files === undefined
          ? []
          : [{ name: 'offer.txt', mediaType: 'text/plain', bytes: bytes('Our offer, наше предложение') }];
      const sent = await send(channel, provider, { text: 'Добрый день & good morning <3', attachments });
      expect(sent.providerId).toMatch(/\S/);
      const got = provider.got();
      expect(got.map((one) => one.text).join('\n')).toContain('Добрый день & good morning <3');
      const files = got.flatMap((one) => one.files);
      expect(files.map(({ bytes: content }) => Buffer.from(content).toString())).toEqual(
        attachments.map(({ bytes: content }) => Buffer.from(content).toString()),
      );
    }),
  );

  whenSends('says Later and Refused for what they are, and sends nothing', () =>
    connected(async () => {
      provider.misbehave('later');
      await expect(send(channel, provider, { text: 'later' })).rejects.toBeInstanceOf(Later);
      provider.misbehave('refuse');
      const refused = await send(channel, provider, { text: 'refused' }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Refused);
      expect((refused as Refused).message).toMatch(/\S/);
      expect(provider.got()).toEqual([]);
    }),
  );

  whenSends('does not know the outcome when the answer is lost', () =>
    connected(async () => {
      const key = randomUUID();
      provider.misbehave('lose-answer');
      const lost = await send(channel, provider, { text: 'lost', idempotencyKey: key }).catch(
        (error: unknown) => error,
      );
      expect(lost).toBeInstanceOf(Error);
      expect(lost).not.toBeInstanceOf(Later);
      expect(lost).not.toBeInstanceOf(Refused);
      if (channel.capabilities.sends?.repeatable !== true) return;
      await send(channel, provider, { text: 'lost', idempotencyKey: key, attempt: 2 });
      expect(provider.got().filter((one) => one.text.includes('lost'))).toHaveLength(1);
    }),
  );

  whenFetches('fetches a file that is there, and says when it is gone', () =>
    connected(async () => {
      const endpoint = endpointFor(channel, provider.settings);
      const files = provider.files!;
      const signal = AbortSignal.timeout(10_000);
      const found = await channel.fetch!(files.here, endpoint, toolsFor({ fetch }), signal);
      expect(Buffer.from(found).equals(Buffer.from(files.bytes))).toBe(true);
      await expect(channel.fetch!(files.gone, endpoint, toolsFor({ fetch }), signal)).rejects.toBeInstanceOf(Refused);
    }),
  );

  whenListens('hears each message once while it runs, and what came while it was away', async () => {
    if (provider.arrive === undefined)
      return expect(channel.verify, 'it listens for nothing but health').toBeDefined();
    const first = listening(channel, provider);
    await until(() => first.tools.health?.state === 'connected');
    await provider.arrive('first');
    await until(() => first.heard('first') === 1);
    await first.stop();
    await provider.arrive('while away');
    const second = listening(channel, provider, first);
    await until(() => second.heard('while away') >= 1);
    await second.stop();
    expect(second.heard('first')).toBe(1);
    expect(second.heard('while away')).toBe(1);
  });

  whenListens('gives upstream nothing for done that was not committed', async () => {
    if (provider.arrive === undefined) return;
    const failing = listening(channel, provider, undefined, () => Promise.reject(new Error('the database is away')));
    await until(() => failing.tools.health?.state === 'connected');
    await provider.arrive('not committed');
    await until(() => failing.asked('not committed') > 0 || failing.ended);
    await failing.stop();
    const next = listening(channel, provider, failing);
    await until(() => next.heard('not committed') === 1);
    await next.stop();
  });

  whenListens('comes back after the provider dropped the connection', async () => {
    if (provider.arrive === undefined || provider.drop === undefined) return;
    let listener = listening(channel, provider);
    await until(() => listener.tools.health?.state === 'connected');
    await provider.drop();
    await provider.arrive('after the drop');
    await until(() => {
      if (listener.ended) listener = listening(channel, provider, listener); // as the house's supervisor does
      return listener.heard('after the drop') === 1;
    });
    await listener.stop();
  });
});

function send(channel: Channel, provider: Loopback, over: Partial<Outbound>) {
  const message: Outbound = {
    idempotencyKey: randomUUID(),
    to: provider.to,
    text: '',
    attachments: [],
    attempt: 1,
    ...(channel.capabilities.sends?.subject === true ? { subject: 'About your request' } : {}),
    ...over,
  };
  const endpoint = endpointFor(channel, provider.settings);
  return channel.send!(message, endpoint, toolsFor({ fetch }), AbortSignal.timeout(10_000));
}

type Accept = (heard: Heard, repeatKey?: string) => Promise<{ readonly duplicate: boolean }>;

interface Listening {
  readonly tools: ListenStandIn;
  readonly ended: boolean;
  /** Calls of `accept` with this text, also refused ones. */
  readonly asked: (text: string) => number;
  /** Deliveries with this text that the house keeps, over this listener and those before it. */
  readonly heard: (text: string) => number;
  readonly stop: () => Promise<void>;
}

function listening(channel: Channel, provider: Loopback, before?: Listening, accept?: Accept): Listening {
  const tools = listenToolsFor(accept, before?.tools);
  const abort = new AbortController();
  const running = { ended: false };
  const ended = channel.listen!(endpointFor(channel, provider.settings), tools, abort.signal)
    .catch(() => undefined)
    .finally(() => {
      running.ended = true;
    });
  const count = (list: readonly { heard: Heard }[], text: string): number =>
    list.filter((one) => provider.carries!(one.heard, text)).length;
  return {
    tools,
    get ended() {
      return running.ended;
    },
    asked: (text: string) => count(tools.asked, text),
    heard: (text: string) => count(tools.accepted, text),
    stop: async () => {
      abort.abort();
      await ended;
    },
  };
}
