/** What the app is made of. Entries build it once and hand it down; nothing is looked up behind anybody's back. */

import type { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Sql } from './db/open.ts';
import type { Log } from './log.ts';
import type { Vault } from './vault/vault.ts';

export interface Config {
  /** Where people and providers reach this installation, without a trailing slash. */
  readonly publicUrl: string;
  /** Addresses of proxies whose X-Forwarded-For is believed (exact addresses or CIDR); none by default. */
  readonly trustedProxies: readonly string[];
  readonly version: string;
}

export interface Deps {
  /** Sessions start as inlet_system; `asActor` narrows a transaction down to one person. */
  readonly sql: Sql;
  readonly vault: Vault;
  readonly channels: readonly Channel[];
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
}
