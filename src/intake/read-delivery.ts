/** From locked bytes to events: unseal, parse with the channel, derive the identities' blind indexes. No database. */
import {
  type ClaimedIdentity,
  type InboundEvent,
  type InboundRequest,
  isMessage,
  type ParsedEvent,
} from '../channel.ts';
import { matchingKey } from '../contacts/matching-key.ts';
import type { SeenIdentity } from '../contacts/resolve.ts';
import { Malformed } from '../errors.ts';
import { eventId } from '../ids.ts';
import { type DataKey, unseal, unwrapKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import type { OpenEndpoint } from './endpoint-book.ts';
import type { LockedDelivery } from './load.ts';
import { deliveryKeyPlace, editPlace, rawPlace } from './places.ts';
import type { DecodedEvent, DecodedNews, Item, Verdict } from './plan.ts';
import { unpackRequest } from './raw.ts';

export interface ReadDelivery {
  readonly item: Item;
  /** Wrapped again for the contact when the outcome is written. */
  readonly deliveryKey: DataKey;
}

const MAX_EVENTS = 1000;
const MAX_IDENTITIES = 20;
const MAX_REFERENCES = 30;
const MAX_ALIASES = 5;

/** The delivery's own key, from whichever key wraps it now. @throws CannotOpen */
export function openDeliveryKey(
  vault: Vault,
  endpoint: OpenEndpoint,
  row: Pick<LockedDelivery, 'delivery_id' | 'contact_id' | 'key_wrap' | 'contact_key'>,
): DataKey {
  if (row.contact_id === null || row.contact_key === null)
    return unwrapKey(endpoint.dataKey, deliveryKeyPlace(row.delivery_id, endpoint.id), row.key_wrap);
  const contactKey = vault.openKey('contact', row.contact_id, row.contact_key);
  return unwrapKey(contactKey, deliveryKeyPlace(row.delivery_id, row.contact_id), row.key_wrap);
}

/** The request as it came in, or as a person last edited it. */
export function openRequest(
  key: DataKey,
  row: Pick<LockedDelivery, 'delivery_id' | 'raw' | 'edit_version' | 'edit_raw'>,
): InboundRequest {
  if (row.edit_version !== null && row.edit_raw !== null)
    return unpackRequest(unseal(key, editPlace(row.delivery_id, row.edit_version), row.edit_raw));
  return unpackRequest(unseal(key, rawPlace(row.delivery_id), row.raw));
}

/** @throws anything but `Malformed`: a bug in the channel, for the caller to count */
export async function readDelivery(
  vault: Vault,
  endpoint: OpenEndpoint,
  row: LockedDelivery,
  parseLimitMs = PARSE_LIMIT_MS,
): Promise<ReadDelivery> {
  const deliveryKey = openDeliveryKey(vault, endpoint, row);
  const verdict = await parse(vault, endpoint, row.delivery_id, openRequest(deliveryKey, row), parseLimitMs);
  return {
    deliveryKey,
    item: {
      deliveryId: row.delivery_id,
      endpoint,
      receivedAtMs: row.received_at.getTime(),
      verdict,
      forgiven: row.forgiven,
      was: row.was === null ? null : { outcome: row.was, contactId: row.contact_id, leadId: row.lead_id },
    },
  };
}

async function parse(
  vault: Vault,
  endpoint: OpenEndpoint,
  deliveryId: string,
  request: InboundRequest,
  limitMs: number,
): Promise<Verdict> {
  try {
    const parsed = await withinLimit(endpoint.channel.parse(request, endpoint.context), limitMs);
    if ('ignored' in parsed) return { ignored: parsed.ignored };
    if (parsed.length > MAX_EVENTS) return { quarantined: `more than ${MAX_EVENTS} events in one delivery` };
    return decodeAll(vault, endpoint, deliveryId, parsed);
  } catch (error) {
    if (error instanceof Malformed) return { quarantined: error.message.slice(0, 300) };
    throw error;
  }
}

/** Parsing is pure and takes microseconds: one that never ends is a bug, and must not hold up everybody behind it. */
const PARSE_LIMIT_MS = 10_000;

async function withinLimit<T>(work: T | Promise<T>, limitMs: number): Promise<T> {
  if (!(work instanceof Promise)) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`parse took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function decodeAll(vault: Vault, endpoint: OpenEndpoint, deliveryId: string, parsed: readonly ParsedEvent[]): Verdict {
  const events: DecodedEvent[] = [];
  const news: DecodedNews[] = [];
  parsed.forEach((event, index) => {
    if (isMessage(event)) events.push(decode(vault, endpoint, deliveryId, event, index));
    else news.push(decodeNews(vault, endpoint, event));
  });
  return news.length === 0 ? { events } : { events, news };
}

/** The blind index of a provider's message id, the same for messages, receipts, quotes and what `send` returned. */
export function eventKey(vault: Vault, endpointId: string, providerId: string): string {
  return vault.lookup(`event:${endpointId}`, providerId);
}

function decode(
  vault: Vault,
  endpoint: OpenEndpoint,
  deliveryId: string,
  event: InboundEvent,
  index: number,
): DecodedEvent {
  const decoded: DecodedEvent = {
    messageId: eventId(deliveryId, index),
    eventKey: event.eventId === undefined ? null : eventKey(vault, endpoint.id, event.eventId),
    event,
    seen: seen(vault, endpoint, event.sender.identities),
  };
  const { quotes, references, aliases } = event;
  if (quotes === undefined && references === undefined && aliases === undefined) return decoded;
  const keys = (ids: readonly string[], most: number): string[] =>
    ids.slice(0, most).map((id) => eventKey(vault, endpoint.id, id));
  return {
    ...decoded,
    ...(quotes === undefined ? {} : { quotes: eventKey(vault, endpoint.id, quotes) }),
    references: keys(references ?? [], MAX_REFERENCES),
    aliases: keys(aliases ?? [], MAX_ALIASES),
  };
}

function decodeNews(vault: Vault, endpoint: OpenEndpoint, news: DecodedNews['news']): DecodedNews {
  return {
    news,
    of: 'of' in news ? eventKey(vault, endpoint.id, news.of) : null,
    seen: 'identities' in news ? seen(vault, endpoint, news.identities) : [],
  };
}

function seen(vault: Vault, endpoint: OpenEndpoint, identities: readonly ClaimedIdentity[]): SeenIdentity[] {
  const context = { defaultCountry: endpoint.context.defaultCountry, endpointId: endpoint.id };
  return identities.slice(0, MAX_IDENTITIES).flatMap((identity) => {
    const key = matchingKey(identity.kind, identity.value, context);
    if (key === undefined) return [];
    return [{ ...key, value: identity.value, trust: identity.trust, lookup: vault.lookup('identity', key.key) }];
  });
}
