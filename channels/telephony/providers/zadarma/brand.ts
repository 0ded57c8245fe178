/** Zadarma and Novofon (API v1) speak the same protocol; these are the differences. */
import type { Endpoint } from '../../adapter.ts';

export interface Brand {
  readonly id: 'zadarma' | 'novofon';
  readonly title: string;
  /** Where links to recordings may point; sub-domains too. */
  readonly hosts: readonly string[];
  readonly account: (endpoint: Endpoint) => Account;
}

export interface Account {
  /** An origin without a trailing slash. */
  readonly api: string;
  /** Needed only to ask for something: recordings, calls. */
  readonly key: string | undefined;
  readonly secret: string | undefined;
}
