import { createHash } from 'node:crypto';

/** Lower-case hex SHA-256. Not WebCrypto's: that one waits for a thread at each call, and a mail needs two. */
export const sha256Hex = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
