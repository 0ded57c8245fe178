/** What telephony is everywhere; `index.ts` adds what needs a socket. */
import { createHash } from 'node:crypto';
import type {
  Authenticity,
  Genuine,
  InboundRequest,
  Nothing,
  ParsedEvent,
  Tools,
  Trial,
  TrialRequests,
} from '../../src/channel.ts';
import { Refused, Rejected } from '../../src/errors.ts';
import type { Endpoint } from './adapter.ts';
import { adapterOf, adapters } from './adapters.ts';
import { callEvent } from './call-event.ts';
import { MAX_RECORDING_BYTES } from './download.ts';
import { settings } from './settings.ts';

const all = Object.values(adapters);

/** A request that comes again, byte for byte, is the same one: a replayed event changes nothing. */
const repeatKeyOf = ({ method, url, body }: InboundRequest): string => {
  const hash = createHash('sha256')
    .update(`${method}\n${url.slice(url.indexOf('?') + 1)}\n`)
    .update(body);
  return `call:${hash.digest('base64url')}`;
};

async function verify(request: InboundRequest, endpoint: Endpoint, tools: Tools): Promise<Genuine> {
  const adapter = adapterOf(endpoint.settings.provider);
  if (adapter.verify === undefined) throw new Rejected(405, 'This provider is listened to: it posts nothing here.');
  const genuine = await adapter.verify(request, endpoint, tools);
  return genuine.repeatKey === undefined ? { ...genuine, repeatKey: repeatKeyOf(request) } : genuine;
}

function parse(request: InboundRequest, endpoint: Endpoint): readonly ParsedEvent[] | Nothing {
  const heard = adapterOf(endpoint.settings.provider).parse(request, endpoint);
  if ('ignored' in heard) return heard;
  const events = heard.flatMap((one) => callEvent(one, endpoint) ?? []);
  return heard.length > 0 && events.length === 0 ? { ignored: 'a call with an ignored number' } : events;
}

export const parts = {
  id: 'telephony',
  title: { en: 'Telephony', ru: 'Телефония' },
  settings,
  capabilities: {
    receives: ['call' as const],
    maxBodyBytes: 256 * 1024,
    takesGets: true as const,
    takesPaths: true as const,
    addressesSetting: 'allowedAddresses',
    recordingDaysSetting: 'recordingDays',
    authenticity: {
      setting: 'provider',
      of: Object.fromEntries(all.map(({ id, trust }) => [id, trust])) as Record<string, Authenticity>,
    },
    listensWhen: { setting: 'provider', is: all.filter((one) => one.listen !== undefined).map(({ id }) => id) },
    dials: { setting: 'provider', is: all.filter((one) => one.dial !== undefined).map(({ id }) => id) },
    fetches: { maxBytes: MAX_RECORDING_BYTES },
    // One PBX sends the events of a whole company from one address. No limit of the endpoint's own: few providers come
    // again after a 429, and a busy day must not cost a call.
    rate: { perAddressPerMinute: 6000, perEndpointPerMinute: 0 },
  },
  verify,
  handshake: (request: InboundRequest, endpoint: Endpoint) =>
    adapterOf(endpoint.settings.provider).handshake?.(request, endpoint),
  parse,
  test: (endpoint: Endpoint, { id, phone, at }: Trial): TrialRequests => {
    const made = adapterOf(endpoint.settings.provider).test?.(endpoint, { callId: id, client: phone, at }) ?? [];
    if (made.length === 0) throw new Refused('This provider is listened to: make a real call instead.');
    const requests = made.map(({ method, path, headers, body }) => ({
      method,
      url: `${new URL(endpoint.address).pathname}${path}`,
      headers,
      body: new TextEncoder().encode(body),
      address: '127.0.0.1',
      receivedAt: at,
    }));
    return { requests };
  },
  fetch: async (
    ...[file, endpoint, tools, signal]: Parameters<NonNullable<ReturnType<typeof adapterOf>['fetch']>>
  ) => {
    const adapter = adapterOf(endpoint.settings.provider);
    if (adapter.fetch === undefined) throw new Refused('Recordings of this provider cannot be downloaded.');
    return adapter.fetch(file, endpoint, tools, signal);
  },
  dial: async (...[call, endpoint, tools, signal]: Parameters<NonNullable<ReturnType<typeof adapterOf>['dial']>>) => {
    const adapter = adapterOf(endpoint.settings.provider);
    if (adapter.dial === undefined) throw new Refused('This provider cannot be asked to call.');
    return adapter.dial(call, endpoint, tools, signal);
  },
};
