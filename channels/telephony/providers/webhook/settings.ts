import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

export const webhookSettings = {
  webhookSecret: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, '16 to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'Signing secret',
      description: 'Make one up. Your PBX signs each event with it: HMAC-SHA256 in the header X-Inlet-Signature.',
      ru: {
        title: 'Секрет подписи',
        description: 'Придумайте его. АТС подписывает им каждое событие: HMAC-SHA256 в заголовке X-Inlet-Signature.',
      },
      secret: true,
      when: { setting: 'provider', is: ['webhook'] },
    } satisfies SettingMeta),
};

export const webhookRequired = ['webhookSecret'] as const;
