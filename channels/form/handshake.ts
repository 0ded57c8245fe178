import type { Answer, EndpointContext, InboundRequest, Tools } from '../../src/channel.ts';
import { makeChallenge } from './altcha.ts';
import { formPage, thanksPage } from './page.ts';
import type { FormSettings } from './settings.ts';
import { snippet } from './snippet.ts';
import { makeStart } from './start.ts';
import { pickLanguage } from './words.ts';

/**
 * GET on the endpoint's address: the hosted page; `?script` the snippet; `?start` a start token;
 * `?challenge[&for=KEY]` a proof of work; `?thanks` the page after a plain post. All of it is off where an API key is
 * set.
 */
export async function handshake(
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
  tools: Tools,
): Promise<Answer | undefined> {
  const { settings } = endpoint;
  if (settings.apiKey !== '') return undefined;
  const mark = request.url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark, mark + 8000));
  const language = pickLanguage(query.get('lang'), request.headers['accept-language'], endpoint.language);
  if (query.has('script')) return snippet(endpoint, language);
  if (query.has('start')) return json({ token: await startToken(endpoint, tools) });
  if (query.has('challenge')) {
    if (settings.captcha !== 'altcha') return undefined;
    const boundTo = query.get('for')?.slice(0, 200);
    return json(await makeChallenge(settings.altchaCost, boundTo || undefined, tools));
  }
  if (query.has('thanks')) return thanksPage(endpoint, language);
  return formPage(request, query, endpoint, language, await startToken(endpoint, tools));
}

const startToken = (endpoint: EndpointContext<FormSettings>, tools: Tools): Promise<string> =>
  makeStart(tools.secret('form-start'), tools.now(), endpoint.settings.consentText);

const json = (value: unknown): Answer => ({
  status: 200,
  headers: {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
  },
  body: JSON.stringify(value),
});
