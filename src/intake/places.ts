/** Where intake's sealed values stand. One place, so that no reader can disagree with the writer. */
import type { Place } from '../vault/seal.ts';

/** The delivery's own key in `pending` and `outcomes`: wrapped by its endpoint's key, later by its contact's. */
export function deliveryKeyPlace(deliveryId: string, subject: string): Place {
  return { table: 'deliveries', column: 'key_wrap', row: deliveryId, subject };
}

export function rawPlace(deliveryId: string): Place {
  return { table: 'deliveries', column: 'raw', row: deliveryId, subject: deliveryId };
}

export function editPlace(deliveryId: string, version: number): Place {
  return { table: 'delivery_edits', column: 'raw', row: `${deliveryId}#${version}`, subject: deliveryId };
}

export function contactPlace(table: string, column: string, row: string, contactId: string): Place {
  return { table, column, row, subject: contactId };
}

/** How a conversation is answered. */
export function reachPlace(contactId: string, endpointId: string): Place {
  return { table: 'conversations', column: 'reach', row: endpointId, subject: contactId };
}

export function changePlace(messageId: string, contactId: string, kind: string, atMs: number): Place {
  return { table: 'message_changes', column: 'body', row: `${messageId}#${kind}#${atMs}`, subject: contactId };
}

/** What the provider called a message that we sent. */
export function providerIdPlace(messageId: string, contactId: string): Place {
  return { table: 'sends', column: 'provider_id', row: messageId, subject: contactId };
}
