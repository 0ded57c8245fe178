import { webhookSecret } from '../../../channels/telegram/webhook-secret.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import type { Tampering } from '../tampering.ts';

const HEADER = 'x-telegram-bot-api-secret-token';
const BODY = bytes('{"update_id":700000001,"message":{}}');

const withSecret = (name: string, change: (secret: string) => Record<string, string>): Tampering => ({
  name: `secret token ${name}`,
  statuses: [401],
  run: async (channel) => {
    const tools = toolsFor();
    const secret = webhookSecret(tools);
    const post = (headers: Record<string, string>) => async () =>
      channel.verify!(requestFor(channel, { body: BODY, headers }), endpointFor(channel), tools);
    return { genuine: post({ [HEADER]: secret }), tampered: post(change(secret)) };
  },
});

const flip = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

export const telegramTamperings: readonly Tampering[] = [
  withSecret('missing', () => ({})),
  withSecret('empty', () => ({ [HEADER]: '' })),
  withSecret('flipped', (secret) => ({ [HEADER]: flip(secret) })),
  withSecret('cut short', (secret) => ({ [HEADER]: secret.slice(0, -1) })),
  withSecret('with a tail', (secret) => ({ [HEADER]: `${secret}0` })),
  withSecret('in capitals', (secret) => ({ [HEADER]: secret.toUpperCase() })),
  withSecret('given twice', (secret) => ({ [HEADER]: `${secret}, ${secret}` })),
  withSecret('under another name', (secret) => ({ authorization: `Bearer ${secret}` })),
  withSecret('of another purpose', () => ({
    [HEADER]: Buffer.from(toolsFor().secret('form-start')).toString('hex'),
  })),
  withSecret('as the bot token', () => ({ [HEADER]: '123456789:AAE-loopback_token-of-nobody-00001' })),
];
