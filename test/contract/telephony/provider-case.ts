import type { InboundRequest } from '../../../src/channel.ts';

type Sent = Pick<InboundRequest, 'method' | 'url' | 'headers' | 'body'>;

export interface ProviderCase {
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the clock shows where signatures must be fresh. */
  readonly now?: Date;
  /** A request that the endpoint takes. */
  readonly genuine: () => Sent;
  /** What somebody did to it, and the statuses that may answer. Empty only where the address is all there is. */
  readonly tamperings: Readonly<
    Record<string, { readonly statuses: readonly number[]; readonly of: (sent: Sent) => Sent }>
  >;
}

/** Another body, everything else as it was. */
export const withBody =
  (change: (body: string) => string) =>
  (sent: Sent): Sent => ({
    ...sent,
    body: new TextEncoder().encode(change(new TextDecoder().decode(sent.body))),
  });

/** Another header; `undefined` takes it away. */
export const withHeader =
  (name: string, value: string | undefined) =>
  (sent: Sent): Sent => {
    const { [name]: _old, ...rest } = sent.headers;
    return { ...sent, headers: value === undefined ? rest : { ...rest, [name]: value } };
  };
