import type { Tools } from '../../src/channel.ts';

/** 64 hexadecimal digits; `setWebhook` allows 1 to 256 characters of A-Z, a-z, 0-9, _ and -. */
export function webhookSecret(tools: Pick<Tools, 'secret'>): string {
  return Array.from(tools.secret('telegram webhook'), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
