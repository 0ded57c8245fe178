/**
 * Random bytes in small portions. Asking the system's generator costs microseconds whatever the size, which for a
 * nonce, a
 * key and an id a message adds up to a large part of sealing it: one call fills a pool, portions are handed out once
 * and
 * wiped from the pool as they go.
 */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(64 * 1024);
let used = pool.length;

/** `length` fresh random bytes, at most 1 KB. */
export function freshBytes(length: number): Buffer {
  if (length > 1024) throw new RangeError('ask for at most 1,024 random bytes at a time');
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.allocUnsafe(length);
  pool.copy(bytes, 0, used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}
