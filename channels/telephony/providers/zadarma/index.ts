/** Zadarma: docs/providers/zadarma.md */
import { adapterOf } from './adapter-of.ts';

export const zadarma = adapterOf({
  id: 'zadarma',
  title: 'Zadarma',
  hosts: ['zadarma.com'],
  account: ({ settings }) => ({
    api: 'https://api.zadarma.com',
    key: settings.zadarmaKey,
    secret: settings.zadarmaSecret,
  }),
});
