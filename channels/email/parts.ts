import type { Capabilities } from '../../src/channel.ts';
import { parse } from './parse.ts';
import { settings } from './settings.ts';
import { verify } from './verify.ts';

const capabilities: Capabilities = {
  receives: ['text', 'form'],
  // The most that `maxMessageMb` allows, and a little for what a relay adds on top.
  maxBodyBytes: 52 * 1024 * 1024,
  mediaTypes: ['message/rfc822'],
  mailboxSetting: 'address',
  // Posts come from one mail server with a secret, as many as it has mails.
  rate: { perAddressPerMinute: 6000, perEndpointPerMinute: 0 },
};

/** What both objects of this channel share. */
export const parts = {
  id: 'email',
  title: { en: 'E-mail', ru: 'Электронная почта' },
  settings,
  capabilities,
  verify,
  parse,
};
