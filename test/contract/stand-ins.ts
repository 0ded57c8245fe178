import { createHash, createHmac } from 'node:crypto';
import type { z } from 'zod';
import type { Channel, EndpointContext, InboundRequest, Tools } from '../../src/channel.ts';

/** Each channel has its own settings; the suite runs over all of them. */
export type AnyEndpoint = EndpointContext<z.output<Channel['settings']>>;

export const RECEIVED_AT = new Date('2025-02-03T09:00:00.000Z');

export function endpointFor(channel: Channel, settings: Record<string, unknown> = {}, language = 'en'): AnyEndpoint {
  return {
    id: '00000000-0000-4000-8000-000000000001',
    key: 'k3y',
    name: 'Sample endpoint',
    settings: channel.settings.parse(settings),
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
