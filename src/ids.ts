import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { freshBytes } from './randomness.ts';

let lastMs = 0;
let sequence = 0;

/**
 * UUIDv7 (RFC 9562): ordered by time, so that indexes grow at their right edge. Within one process two ids of the same
 * millisecond keep their order too (the library promises that only for its own clock).
 */
export function newId(atMs: number = Date.now()): string {
  const ms = Math.max(atMs, 0);
  if (ms === lastMs) sequence += 1;
  else {
    lastMs = ms;
    sequence = Math.floor(Math.random() * 0x3fff_ffff); // half of the 31 bits stay free for what follows
  }
  return v7({ msecs: ms, seq: sequence, random: freshBytes(16) });
}

/** The smallest UUIDv7 of a moment: lower bound for "since" questions on an id column. */
export function firstIdAt(atMs: number): string {
  const hex = Math.max(0, Math.trunc(atMs)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}

/** The moment in a UUIDv7, in ms since the epoch. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * The id of the n-th event of a delivery. The same delivery always gives the same ids, which is what makes a replay
 * harmless; the time part stays, so the index stays warm.
 */
export function eventId(deliveryId: string, index: number): string {
  if (index === 0) return deliveryId;
  const digest = createHash('sha256').update(`${deliveryId}|${index}`).digest('hex');
  return `${deliveryId.slice(0, 13)}-7${digest.slice(0, 3)}-8${digest.slice(3, 6)}-${digest.slice(6, 18)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isId(text: string): boolean {
  return UUID.test(text);
}
