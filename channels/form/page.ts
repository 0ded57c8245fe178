import type { Answer, EndpointContext, InboundRequest } from '../../src/channel.ts';
import { isAttribution } from './attribution.ts';
import { type DrawnField, drawnFields, WIDGETS } from './drawn.ts';
import type { FormSettings } from './settings.ts';
import { CSS } from './style.ts';
import { type Language, type Words, words } from './words.ts';

type Endpoint = EndpointContext<FormSettings>;

const esc = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`).replaceAll('\u0000', '');

const AUTOFILL: Readonly<Record<DrawnField['kind'], string>> = {
  name: 'type="text" autocomplete="name"',
  phone: 'type="tel" inputmode="tel" autocomplete="tel"',
  email: 'type="email" autocomplete="email"',
  text: 'type="text"',
  file: 'type="file"',
  message: '',
};

/** The endpoint's own page. Works without JavaScript; with it, the snippet takes the form over. */
export function formPage(
  request: InboundRequest,
  query: URLSearchParams,
  endpoint: Endpoint,
  language: Language,
  startToken: string,
): Answer {
  const { settings, address } = endpoint;
  const say = words[language];
  const fields = drawnFields(settings, language);
  const enctype = fields.some(({ kind }) => kind === 'file') ? ' enctype="multipart/form-data"' : '';
  const hidden = [
    ['_form', '1'],
    ['_start', startToken],
    ['_idem', crypto.randomUUID()],
    ['_lang', language],
    ...visit(request, query),
  ].map(([name = '', value = '']) => `<input type="hidden" name="${esc(name)}" value="${esc(value)}">`);
  const trap = esc(settings.honeypotField);
  const body = `
<h1>${esc(settings.title || say.title)}</h1>
${settings.intro === '' ? '' : `<p class="intro">${esc(settings.intro)}</p>`}
<form method="post" action="${esc(address)}"${enctype}>
${hidden.join('\n')}
<div class="trap" aria-hidden="true"><label>${esc(say.trap)}
<input name="${trap}" tabindex="-1" autocomplete="off"></label></div>
${fields.map((field, index) => drawField(field, index, say, settings)).join('\n')}
${drawConsent(settings)}
${drawCaptcha(settings, say)}
<button type="submit">${esc(settings.buttonText || say.send)}</button>
<p role="status" aria-live="polite" data-inlet-status></p>
</form>
<script src="${esc(address)}?script&amp;lang=${language}" defer></script>`;
  return page(endpoint, language, settings.title || say.title, body);
}

/** What the page's own address and the browser say about the visit, for visitors without JavaScript. */
function visit(request: InboundRequest, query: URLSearchParams): string[][] {
  const tags = [...query].filter(([name, value]) => !name.startsWith('_') && isAttribution(name, value));
  const referrer = request.headers.referer;
  return referrer === undefined ? tags.slice(0, 30) : [...tags.slice(0, 30), ['_referrer', referrer.slice(0, 2000)]];
}

function drawField(field: DrawnField, index: number, say: Words, settings: FormSettings): string {
  const id = `f${index}`;
  const mark = field.required ? ' required' : '';
  const note = field.optional ? ` <span class="note">(${esc(say.optional)})</span>` : '';
  const label = `<label for="${id}">${esc(field.label)}${note}</label>`;
  const name = `id="${id}" name="${esc(field.name)}"${mark}`;
  if (field.kind === 'message') return `${label}\n<textarea ${name} rows="5" maxlength="20000"></textarea>`;
  if (field.kind !== 'file') return `${label}\n<input ${name} ${AUTOFILL[field.kind]} maxlength="1000">`;
  const multiple = settings.maxFiles > 1 ? ' multiple' : '';
  return `${label}\n<input ${name} type="file"${multiple} accept="${esc(settings.allowedFileTypes.join(','))}">`;
}

function drawConsent(settings: FormSettings): string {
  if (settings.consentText === '') return '';
  const mark = settings.consentRequired ? ' required' : '';
  return `<div class="consent"><input type="checkbox" id="consent" name="consent" value="yes"${mark}>
<label for="consent">${esc(settings.consentText)}</label></div>`;
}

/** Every captcha needs JavaScript; the snippet adds the widget itself. */
const drawCaptcha = (settings: FormSettings, say: Words): string =>
  settings.captcha === 'none' ? '' : `<noscript><p class="intro">${esc(say.script)}</p></noscript>`;

/** After a plain post. Says the same to everybody. */
export function thanksPage(endpoint: Endpoint, language: Language): Answer {
  const say = words[language];
  const body = `
<h1>${esc(say.thanksTitle)}</h1>
<p role="status">${esc(endpoint.settings.successMessage || say.thanks)}</p>
<p><a href="${esc(endpoint.address)}?lang=${language}">${esc(say.back)}</a></p>`;
  return page(endpoint, language, say.thanksTitle, body);
}

function page(endpoint: Endpoint, language: Language, title: string, body: string): Answer {
  const nonce = crypto.randomUUID();
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy(endpoint, nonce),
      'x-content-type-options': 'nosniff',
      // Not no-referrer: browsers then post with `Origin: null`, which the Origin check refuses.
      'referrer-policy': 'strict-origin-when-cross-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      vary: 'Accept-Language',
    },
    body: `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${esc(title)}</title>
<style nonce="${nonce}">${CSS}</style>
</head>
<body>
<main>${body}
</main>
</body>
</html>
`,
  };
}

function policy({ settings, address }: Endpoint, nonce: string): string {
  const own = new URL(address).origin;
  const { captcha } = settings;
  const hosts = captcha === 'none' || captcha === 'altcha' ? [] : WIDGETS[captcha].hosts;
  // Browsers hold the redirect after a post to form-action too.
  const redirects = [settings.thankYouUrl, ...settings.allowedRedirects].filter((url) => url !== '');
  const targets = new Set(redirects.map((url) => new URL(url).origin));
  return [
    `default-src 'none'`,
    ['script-src', own, ...hosts],
    // The providers' widgets bring inline styles of their own.
    hosts.length === 0 ? `style-src 'nonce-${nonce}'` : ['style-src', `'unsafe-inline'`, ...hosts],
    ['connect-src', own, ...hosts],
    ['img-src', own, 'data:', ...hosts],
    ...(hosts.length === 0 ? [] : [['frame-src', ...hosts]]),
    ['form-action', own, ...targets],
    `base-uri 'none'`,
    ['frame-ancestors', `'self'`, ...settings.allowedOrigins],
  ]
    .map((directive) => (typeof directive === 'string' ? directive : directive.join(' ')))
    .join('; ');
}
