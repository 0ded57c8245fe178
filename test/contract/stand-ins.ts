import { createHash, createHmac } from 'node:crypto';
import type { z } from 'zod';
import type {
  Channel,
  EndpointContext,
  Health,
  Heard,
  InboundRequest,
  ListenTools,
  Tools,
} from '../../src/channel.ts';
import { exampleSettings } from './example-settings.ts';

/** Each channel has its own settings; the suite runs over all of them. */
export type AnyEndpoint = EndpointContext<z.output<Channel['settings']>>;

export const RECEIVED_AT = new Date('2025-02-03T09:00:00.000Z');

export function endpointFor(channel: Channel, settings: Record<string, unknown> = {}, language = 'en'): AnyEndpoint {
  return {
    id: '00000000-0000-4000-8000-000000000001',
    key: 'k3y',
    name: 'Sample endpoint',
    settings: channel.settings.parse({ ...exampleSettings[channel.id], ...settings }),
    defaultCountry: language === 'ru' ? 'RU' : 'US',
    language,
    address: `https://inlet.example.com/in/${channel.id}/k3y`,
  };
}

export function requestFor(channel: Channel, over: Partial<InboundRequest> = {}): InboundRequest {
  return {
    method: 'POST',
    url: `/in/${channel.id}/k3y`,
    headers: {},
    body: new Uint8Array(),
    address: '192.0.2.10',
    receivedAt: RECEIVED_AT,
    ...over,
  };
}

/** Real single use and real secrets; the outside world answers only where a test says what. */
export function toolsFor(over: Partial<Tools> = {}): Tools {
  const used = new Set<string>();
  return {
    fetch: () => Promise.reject(new Error('this test has no outside world')),
    now: () => new Date(),
    once: async (value) => !used.has(value) && used.add(value) !== undefined,
    secret: (purpose) => createHmac('sha256', 'a secret of the test endpoint').update(purpose).digest(),
    ...over,
  };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** What a listener wrote, kept as the house keeps it: repeats by key once, state by name. */
export interface ListenStandIn extends ListenTools {
  health: Health | undefined;
  /** Every call of `accept`, also refused ones. */
  readonly asked: { readonly heard: Heard; readonly repeatKey: string | undefined }[];
  /** What was committed. */
  readonly accepted: { readonly heard: Heard; readonly repeatKey: string | undefined }[];
  readonly values: Map<string, string>;
}

/** @param before the listener that ran before this one: its state and deliveries are still there */
export function listenToolsFor(accept?: ListenTools['accept'], before?: ListenStandIn): ListenStandIn {
  const asked = before?.asked ?? [];
  const accepted = before?.accepted ?? [];
  const values = before?.values ?? new Map<string, string>();
  const standIn: ListenStandIn = {
    ...toolsFor({ fetch }),
    health: undefined,
    asked,
    accepted,
    values,
    accept: async (heard, repeatKey) => {
      asked.push({ heard, repeatKey });
      const answer = await accept?.(heard, repeatKey);
      if (answer !== undefined) return answer;
      const duplicate = repeatKey !== undefined && accepted.some((one) => one.repeatKey === repeatKey);
      if (!duplicate) accepted.push({ heard, repeatKey });
      return { duplicate };
    },
    state: {
      get: async (names) =>
        Object.fromEntries(names.flatMap((name) => (values.has(name) ? [[name, values.get(name)!]] : []))),
      set: async (changes) => {
        for (const [name, value] of Object.entries(changes))
          if (value === null) values.delete(name);
          else values.set(name, value);
      },
      clear: async () => values.clear(),
    },
    report: (health) => {
      standIn.health = health;
    },
    log: () => undefined,
  };
  return standIn;
}

/** Waits until it holds, ten seconds at most. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen within ${withinMs} ms: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
