/**
 * Beeline sends events while there is a subscription, and a subscription ends after a day. It is renewed at half of its
 * life, and made anew when somebody removed it.
 */
import type { Health, ListenTools } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import { number, string } from '../../loose.ts';
import { shortAnswer } from '../../short-answer.ts';
import { TOKEN_HEADER } from './dial.ts';

const LIFE_SECONDS = 86_400;
const CHECK_MS = 10 * 60_000;
const LONGEST_WAIT_MS = 5 * 60_000;
const STATE = 'subscription';

const WORDS = {
  en: {
    byHand: 'Without an API token the subscription is yours to make and to renew.',
    token: 'Beeline does not take the API token. Enter another one.',
    refused: 'Beeline refused the subscription. Can it reach this endpoint by https from the internet?',
    silent: 'Beeline does not answer. It is tried again by itself.',
  },
  ru: {
    byHand: 'Без токена API подписку нужно создавать и продлевать самостоятельно.',
    token: 'Билайн не принимает токен API. Укажите другой.',
    refused: 'Билайн отказал в подписке. Доступна ли эта точка приёма из интернета по https?',
    silent: 'Билайн не отвечает. Попытки продолжаются сами.',
  },
};

interface Subscription {
  readonly id: string;
  /** With the secret in it: another secret or address needs another subscription. */
  readonly url: string;
  readonly renewAt: number;
}

class NeedsHuman extends Error {}

export async function listen(endpoint: Endpoint, tools: ListenTools, signal: AbortSignal): Promise<void> {
  const say = endpoint.language.startsWith('ru') ? WORDS.ru : WORDS.en;
  const token = endpoint.settings.beelineApiToken;
  if (token === undefined) {
    tools.report({ state: 'connected', detail: say.byHand });
    return pause(Number.POSITIVE_INFINITY, signal);
  }
  const api = apiOf(endpoint, token, tools, signal);
  tools.report({ state: 'connecting' });
  let failures = 0;
  while (!signal.aborted) {
    let waitMs: number;
    try {
      const kept = await keep(`${endpoint.address}/${endpoint.settings.beelineSecret}`, api, tools);
      failures = 0;
      tools.report({ state: 'connected' });
      waitMs = Math.max(1000, Math.min(CHECK_MS, kept.renewAt - tools.now().getTime()));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NeedsHuman) return tools.report(human(error.message === 'token' ? say.token : say.refused));
      if (!(error instanceof Unanswered)) throw error;
      waitMs = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(failures, 10));
      failures += 1;
      tools.report({ state: 'waiting', detail: say.silent, retryAt: new Date(tools.now().getTime() + waitMs) });
    }
    await pause(waitMs, signal);
  }
}

const human = (detail: string): Health => ({ state: 'needs-human', detail });

/** A new one is made before the old one is removed: an event that comes twice does no harm, a missing one does. */
async function keep(url: string, api: Api, tools: ListenTools): Promise<Subscription> {
  const old = storedFrom((await tools.state.get([STATE]))[STATE]);
  const now = tools.now().getTime();
  const isGood = old !== undefined && old.url === url && now < old.renewAt;
  if (isGood && (await api('GET', `?subscriptionId=${encodeURIComponent(old.id)}`)).exists) return old;
  const body = { expires: LIFE_SECONDS, subscriptionType: 'BASIC_CALL', url };
  const { said, exists } = await api('PUT', '', JSON.stringify(body));
  const id = string(said.subscriptionId);
  if (!exists || id === '') throw new NeedsHuman('refused');
  const life = Math.min(Math.max(number(said.expires) ?? LIFE_SECONDS, 120), LIFE_SECONDS);
  const made: Subscription = { id, url, renewAt: now + (life * 1000) / 2 };
  await tools.state.set({ [STATE]: JSON.stringify(made) });
  // An old one that cannot be removed ends by itself, and until then only doubles what is told.
  if (old !== undefined && old.id !== id)
    await api('DELETE', `?subscriptionId=${encodeURIComponent(old.id)}`).catch(() => undefined);
  tools.log('beeline-subscribed', { lifeSeconds: life });
  return made;
}

function storedFrom(text: string | undefined): Subscription | undefined {
  if (text === undefined) return undefined;
  const { id, url, renewAt } = JSON.parse(text) as Record<string, unknown>;
  return typeof id === 'string' && typeof url === 'string' && typeof renewAt === 'number'
    ? { id, url, renewAt }
    : undefined;
}

class Unanswered extends Error {}

type Api = (
  method: string,
  query: string,
  body?: string,
) => Promise<{ said: Record<string, unknown>; exists: boolean }>;

/** @throws NeedsHuman, Unanswered */
function apiOf({ settings }: Endpoint, token: string, tools: ListenTools, signal: AbortSignal): Api {
  return async (method, query, body) => {
    let answer: Awaited<ReturnType<typeof shortAnswer>>;
    try {
      const response = await tools.fetch(`${settings.beelineApiRoot}/apis/portal/subscription${query}`, {
        method,
        redirect: 'manual',
        headers: { [TOKEN_HEADER]: token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body }),
        signal,
      });
      answer = await shortAnswer(response);
    } catch (error) {
      throw new Unanswered('no answer', { cause: error });
    }
    const { status, body: said } = answer;
    if (status === 401 || status === 403) throw new NeedsHuman('token');
    if (status === 429 || status >= 500 || (status >= 300 && status < 400)) throw new Unanswered(`status ${status}`);
    return { said, exists: status < 300 && said.errorCode === undefined };
  };
}

/** Resolves after so many milliseconds, or at once when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
