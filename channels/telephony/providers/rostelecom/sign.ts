import { createHash } from 'node:crypto';

/** Of both directions: SHA-256 of identification code, untouched body and key, as hex. */
export const sign = (clientId: string, body: string | Uint8Array, key: string): string =>
  createHash('sha256').update(clientId).update(body).update(key).digest('hex');
