import type { Answer, EndpointContext } from '../../src/channel.ts';
import { TAGS } from './attribution.ts';
import { drawnFields, WIDGETS } from './drawn.ts';
import type { FormSettings } from './settings.ts';
import { client } from './snippet-client.ts';
import { type Language, words } from './words.ts';

const CLIENT_WORDS = ['sending', 'retrying', 'failed', 'checkFields', 'optional', 'trap', 'send', 'thanks'] as const;

/**
 * The methods' own source is the script: no build step, no file to read. They are served as an object literal because
 * bundlers rename functions but not properties; `__name` is what esbuild, with kept names, calls inside them.
 */
const SOURCE = Object.values(client)
  .map((method) => method.toString().replace(/^[ \t]+(?:\/\/.*$)?/gm, ''))
  .join(',\n');

/** `<script src="https://inlet.example.com/in/form/KEY?script" defer></script>` */
export function snippet(endpoint: EndpointContext<FormSettings>, language: Language): Answer {
  const { settings } = endpoint;
  const say = (tongue: Language): Record<string, string> => ({
    ...Object.fromEntries(CLIENT_WORDS.map((key) => [key, words[tongue][key]])),
    ...(settings.successMessage === '' ? {} : { thanks: settings.successMessage }),
    ...(settings.buttonText === '' ? {} : { send: settings.buttonText }),
  });
  const widget = settings.captcha === 'none' || settings.captcha === 'altcha' ? undefined : WIDGETS[settings.captcha];
  const config = {
    address: endpoint.address,
    key: endpoint.key,
    language,
    words: { en: say('en'), ru: say('ru') },
    fields: {
      en: drawnFields(settings, 'en'),
      ...(settings.formFields.length > 0 ? {} : { ru: drawnFields(settings, 'ru') }),
    },
    tags: TAGS,
    consent: settings.consentText,
    consentRequired: settings.consentRequired,
    thankYou: settings.thankYouUrl,
    redirects: settings.allowedRedirects,
    trap: settings.honeypotField,
    accept: settings.allowedFileTypes.join(','),
    multiple: settings.maxFiles > 1,
    altcha: settings.captcha === 'altcha',
    ...(widget === undefined
      ? {}
      : {
          widget: { script: widget.script, box: widget.box, global: widget.global },
          siteKey: settings.captchaSiteKey,
          scored: settings.captcha === 'recaptcha' && settings.captchaScore > 0,
        }),
  };
  const json = JSON.stringify(config).replaceAll('<', '\\u003c');
  return {
    status: 200,
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Accept-Language',
    },
    body: `(()=>{const __name=(f)=>f;({\n${SOURCE}\n}).boot(${json})})();\n`,
  };
}
