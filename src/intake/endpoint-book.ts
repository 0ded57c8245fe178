/**
 * Endpoints by key and by id, opened (settings decrypted and parsed) and remembered for a second: a paused or rotated
 * endpoint stops on every replica within that time, and a flood on one endpoint costs one query a second.
 */

import type { Channel, EndpointContext } from '../channel.ts';
import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import type { Config } from '../deps.ts';
import { inTime } from '../in-time.ts';
import type { DataKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { openEndpoint } from './endpoints.ts';

export interface OpenEndpoint {
  readonly id: string;
  readonly channel: Channel;
  readonly dataKey: DataKey;
  readonly context: EndpointContext<Record<string, unknown>>;
  readonly paused: boolean;
  readonly deleted: boolean;
  readonly ratePerAddress: number | null;
  readonly ratePerEndpoint: number | null;
}

export interface EndpointBook {
  /** `undefined`: no such endpoint, deleted, or of another channel. */
  readonly byKey: (sql: Sql, channelId: string, key: string) => Promise<OpenEndpoint | undefined>;
  /** Deleted ones too: their deliveries still have to be processed. */
  readonly byId: (sql: Sql, id: string) => Promise<OpenEndpoint | undefined>;
  /** The next question about it is asked anew. */
  readonly forget: (id: string) => void;
}

interface EndpointRow {
  id: string;
  channel: string;
  key: string;
  name: string;
  settings: Uint8Array;
  key_wrap: Uint8Array;
  default_country: string;
  language: string;
  rate_per_address: number | null;
  rate_per_endpoint: number | null;
  paused_at: Date | null;
  deleted_at: Date | null;
}

const FRESH_MS = 1000;
/** A question that was not answered by then is given up, and the next request asks anew. */
const ASK_LIMIT_MS = 3000;
const MAX_REMEMBERED = 2000;

/** What was learnt, by name. Holds no promise and no socket: books of different requests may share one. */
export type EndpointMemory = Map<string, Remembered>;

interface Remembered {
  readonly at: number;
  readonly endpoint: OpenEndpoint | undefined;
  readonly deleted: boolean;
}

export function createEndpointBook(
  vault: Vault,
  channels: readonly Channel[],
  config: Pick<Config, 'publicUrl'>,
  clock: Clock,
  remembered: EndpointMemory = new Map(),
): EndpointBook {
  const asked = new Map<string, Promise<Remembered>>();

  const open = (row: EndpointRow | undefined): Remembered => {
    const channel = channels.find((one) => one.id === row?.channel);
    if (row === undefined || channel === undefined) return { at: clock.now(), endpoint: undefined, deleted: false };
    const opened = openEndpoint(vault, row);
    const endpoint: OpenEndpoint = {
      id: row.id,
      channel,
      dataKey: opened.key,
      paused: row.paused_at !== null,
      deleted: row.deleted_at !== null,
      ratePerAddress: row.rate_per_address,
      ratePerEndpoint: row.rate_per_endpoint,
      context: {
        id: row.id,
        key: row.key,
        name: row.name,
        settings: channel.settings.parse(opened.settings),
        defaultCountry: row.default_country,
        language: row.language,
        address: `${config.publicUrl}/in/${row.channel}/${row.key}`,
      },
    };
    return { at: clock.now(), endpoint, deleted: row.deleted_at !== null };
  };

  /** One question at a time for each name, however many requests wait for it. */
  const recall = (name: string, ask: () => Promise<EndpointRow | undefined>): Promise<Remembered> => {
    const known = remembered.get(name);
    if (known !== undefined && clock.now() - known.at < FRESH_MS) return Promise.resolve(known);
    const already = asked.get(name);
    if (already !== undefined) return already;
    const asking = inTime(ask(), ASK_LIMIT_MS)
      .then((row) => {
        const entry = open(row);
        if (remembered.size >= MAX_REMEMBERED) remembered.clear();
        remembered.set(name, entry);
        return entry;
      })
      .finally(() => asked.delete(name));
    asked.set(name, asking);
    return asking;
  };

  return {
    byKey: async (sql, channelId, key) => {
      if (!/^[A-Za-z0-9_-]{20,64}$/.test(key)) return undefined;
      const found = await recall(`key:${key}`, async () => {
        return (
          await sql<EndpointRow[]>`
            select * from endpoints where key = ${key}
            union all
            select e.* from endpoint_keys k join endpoints e on e.id = k.endpoint_id
            where k.key = ${key} and k.valid_until > now()
            limit 1`
        )[0];
      });
      return found.deleted || found.endpoint?.channel.id !== channelId ? undefined : found.endpoint;
    },
    byId: async (sql, id) => {
      const found = await recall(`id:${id}`, async () => {
        return (await sql<EndpointRow[]>`select * from endpoints where id = ${id}`)[0];
      });
      return found.endpoint;
    },
    forget: (id) => void remembered.delete(`id:${id}`),
  };
}
