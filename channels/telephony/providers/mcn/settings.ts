import { z } from 'zod';
import type { SettingMeta } from '../../../../src/channel.ts';

export const mcnSettings = {
  mcnSecret: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces')
    .optional()
    .meta({
      title: 'Secret',
      description: 'The token that is entered for the web hooks in the cabinet of MCN; each event carries it.',
      ru: {
        title: 'Секрет',
        description: 'Токен, указанный для веб-хуков в личном кабинете MCN; он приходит в каждом событии.',
      },
      secret: true,
      when: { setting: 'provider', is: ['mcn'] },
    } satisfies SettingMeta),
};

export const mcnRequired = ['mcnSecret'] as const;
