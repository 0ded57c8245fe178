import { defineChannel } from '../../src/channel.ts';
import { handshake } from './handshake.ts';
import { parse } from './parse.ts';
import { settings } from './settings.ts';
import { testPost } from './test-post.ts';
import { verify } from './verify.ts';

/** Web forms: JSON, urlencoded and multipart posts from sites, landing pages, Tilda, Elementor and other plugins. */
export const form = defineChannel({
  id: 'form',
  title: { en: 'Web form', ru: 'Форма на сайте' },
  settings,
  capabilities: {
    receives: ['form'],
    // Ten megabytes of files (the most that `maxFileBytes` allows for one) and room for the fields around them.
    maxBodyBytes: 12 * 1024 * 1024,
    mediaTypes: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
    originsSetting: 'allowedOrigins',
    // No limit of the endpoint's own: a good campaign must not be mistaken for an attack.
    rate: { perAddressPerMinute: 30, perEndpointPerMinute: 0 },
  },
  verify,
  handshake,
  parse,
  test: testPost,
});
