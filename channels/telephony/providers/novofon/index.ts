/** Novofon, API v1 (what was Zadarma in Russia); its API 2.0 is another product: docs/providers/novofon.md */
import { adapterOf } from '../zadarma/adapter-of.ts';

export const novofon = adapterOf({
  id: 'novofon',
  title: 'Novofon',
  hosts: ['novofon.ru', 'novofon.com'],
  account: ({ settings }) => ({
    api: `https://${settings.novofonApi}`,
    key: settings.novofonKey,
    secret: settings.novofonSecret,
  }),
});
