/** Asterisk's REST interface: addresses and the log-in. */
import type { Endpoint } from '../../adapter.ts';

/** Without a slash at the end, whether the admin wrote one, or `/ari`, or neither. */
export const rootOf = ({ settings }: Endpoint): string =>
  `${(settings.asteriskUrl ?? '').replace(/\/+$/, '').replace(/\/ari$/, '')}/ari`;

export function authorization({ settings }: Endpoint): Readonly<Record<string, string>> {
  const login = Buffer.from(`${settings.asteriskUser ?? ''}:${settings.asteriskPassword ?? ''}`);
  return { authorization: `Basic ${login.toString('base64')}` };
}

/** The password stands in the address: a WebSocket has no other place that every runtime fills. Never log it. */
export function eventsAddress(endpoint: Endpoint): string {
  const { asteriskApp, asteriskUser = '', asteriskPassword = '' } = endpoint.settings;
  const query = new URLSearchParams({
    app: asteriskApp,
    subscribeAll: 'true',
    api_key: `${asteriskUser}:${asteriskPassword}`,
  });
  return `${rootOf(endpoint).replace(/^http/, 'ws')}/events?${query}`;
}

const TIMEOUT_MS = 10_000;

export type Ask = (method: 'GET' | 'POST' | 'PUT', path: string, json?: unknown) => Promise<Response>;

/** One request; whatever the status, it resolves. Rejects when Asterisk cannot be reached. */
export function asker(endpoint: Endpoint, fetchIt: typeof fetch, signal: AbortSignal): Ask {
  return (method, path, json) =>
    fetchIt(`${rootOf(endpoint)}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        ...authorization(endpoint),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
}
