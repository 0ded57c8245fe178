/** What a browser, or Tilda's server, would have sent. */
import type { InboundRequest } from '../../channel.ts';
import type { OpenEndpoint } from '../../intake/endpoint-book.ts';
import { drawPlan, drawWindow } from './files.ts';
import type { Campaign, Script } from './requests.ts';

const SITE = 'https://windows.example.com';

const UTM: Readonly<Record<Campaign, Readonly<Record<string, string>>>> = {
  yandex: { utm_source: 'yandex', utm_medium: 'cpc', utm_campaign: 'okna_msk', utm_term: 'окна', yclid: '1234567890' },
  vk: { utm_source: 'vk', utm_medium: 'social', utm_campaign: 'autumn_sale', utm_content: 'video_2' },
  google: { utm_source: 'google', utm_medium: 'cpc', utm_campaign: 'windows_en', gclid: 'demo-click-77' },
  premium: { utm_source: 'yandex', utm_medium: 'cpc', utm_campaign: 'premium', utm_term: 'панорамное остекление' },
  mail: { utm_source: 'newsletter', utm_medium: 'email', utm_campaign: 'october' },
};

const PAGES: Readonly<Record<Script['to'], string>> = {
  site: `${SITE}/contacts`,
  landing: `${SITE}/windows`,
  tilda: `${SITE}/balcony`,
};

const LANGUAGES = { ru: 'ru-RU,ru;q=0.9', en: 'en-GB,en;q=0.9' } as const;

/** Addresses for documentation (RFC 5737): nobody's. */
export function visitorAddress(index: number): string {
  return `203.0.113.${10 + (index % 200)}`;
}

export function makePost(script: Script, endpoint: OpenEndpoint, index: number, at: Date): InboundRequest {
  const tags = script.from === undefined ? {} : UTM[script.from];
  const answers: Record<string, string> = {
    name: script.name,
    ...(script.phone === undefined ? {} : { phone: script.phone }),
    ...(script.email === undefined ? {} : { email: script.email }),
    ...(script.message === undefined ? {} : { message: script.message }),
    ...script.fields,
  };
  const { headers, body } =
    script.to === 'tilda' ? asTilda(answers, tags, endpoint, index) : asBrowser(script, answers, tags, endpoint);
  return {
    method: 'POST',
    url: new URL(endpoint.context.address).pathname,
    headers: { 'accept-language': LANGUAGES[script.language], ...headers },
    body,
    address: visitorAddress(index),
    receivedAt: at,
  };
}

type Sent = Pick<InboundRequest, 'headers' | 'body'>;

function asBrowser(
  script: Script,
  answers: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
  { context: { settings } }: OpenEndpoint,
): Sent {
  const page = PAGES[script.to];
  const query = new URLSearchParams(tags).toString();
  const fields: Record<string, string> = {
    ...answers,
    ...tags,
    _page: query === '' ? page : `${page}?${query}`,
    ...(script.from === undefined ? {} : { _referrer: 'https://search.example.com/' }),
    ...(settings.consentText === '' ? {} : { consent: 'yes' }),
    ...(script.machine === undefined ? {} : { [String(settings.honeypotField)]: 'https://spam.example.com' }),
  };
  const headers = {
    'user-agent': 'Mozilla/5.0 (demo)',
    ...(script.key === undefined ? {} : { 'idempotency-key': script.key }),
  };
  if (script.file !== undefined) return withFile(fields, script.file, headers);
  return { headers: { ...headers, 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(fields)) };
}

function withFile(fields: Readonly<Record<string, string>>, file: 'photo' | 'plan', headers: Sent['headers']): Sent {
  const boundary = 'demo-boundary-7MA4YWxkTrZu0gW';
  const [name, type, content] =
    file === 'photo' ? ['window.png', 'image/png', drawWindow()] : ['plan.pdf', 'application/pdf', drawPlan()];
  const parts = Object.entries(fields).map(
    ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
    `Content-Type: ${type}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(parts.join('') + head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { headers: { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

/** Tilda's webhook: urlencoded, an id of the submission, the tags inside a cookie. It sends no files. */
function asTilda(
  answers: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
  { context: { settings } }: OpenEndpoint,
  index: number,
): Sent {
  const pairs = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  const cookies = pairs.length === 0 ? '' : `TILDAUTM=${encodeURIComponent(pairs.join('|||'))}`;
  const fields = { ...answers, tranid: `4815162:${342_000 + index}`, formid: 'form108', COOKIES: cookies };
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    [String(settings.apiKeyName).toLowerCase()]: String(settings.apiKey),
    referer: PAGES.tilda,
  };
  return { headers, body: Buffer.from(new URLSearchParams(fields).toString()) };
}

/** What Tilda sends when its webhook is saved: ignored, with that reason. */
export function makePing({ context: { settings, address } }: OpenEndpoint, at: Date): InboundRequest {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    [String(settings.apiKeyName).toLowerCase()]: String(settings.apiKey),
  };
  const url = new URL(address).pathname;
  return { method: 'POST', url, headers, body: Buffer.from('test=test'), address: '203.0.113.9', receivedAt: at };
}
