import type { EndpointContext, InboundRequest, Tools } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import { checkAltcha } from './altcha.ts';
import { CAPTCHA_FIELDS } from './compose.ts';
import type { FormSettings } from './settings.ts';
import { sha256Hex } from './start.ts';
import type { Words } from './words.ts';

type Provider = 'turnstile' | 'hcaptcha' | 'recaptcha' | 'smartcaptcha';
type Verdict = 'passed' | 'failed' | 'down';

const VERIFY_URLS: Readonly<Record<Provider, string>> = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  hcaptcha: 'https://api.hcaptcha.com/siteverify',
  recaptcha: 'https://www.google.com/recaptcha/api/siteverify',
  smartcaptcha: 'https://smartcaptcha.yandexcloud.net/validate',
};
const TIMEOUT_MS = 3000;
/** Tokens are under 2048 characters at Turnstile and SmartCaptcha; reCAPTCHA's have been seen longer. */
const MAX_TOKEN = 8192;
/** The action that the snippet names when it asks reCAPTCHA v3. */
const ACTION = 'lead';

/** @throws {Rejected} 403 when the check did not pass, 503 when it could not be made and the setting says reject. */
export async function checkCaptcha(
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
  tools: Tools,
  controls: ReadonlyMap<string, string>,
  say: Words,
): Promise<void> {
  const { captcha, captchaWhenDown } = endpoint.settings;
  if (captcha === 'none') return;
  const token = controls.get(CAPTCHA_FIELDS[captcha]) ?? '';
  const idempotencyKey = request.headers['idempotency-key'];
  const verdict: Verdict =
    token === '' || token.length > MAX_TOKEN
      ? 'failed'
      : captcha === 'altcha'
        ? await checkAltcha(token, idempotencyKey, tools)
        : await askProvider(captcha, token, request, endpoint, tools);
  if (verdict === 'passed' || (verdict === 'down' && captchaWhenDown === 'accept')) return;
  if (verdict === 'down') throw new Rejected(503, say.captchaDown, { retryAfterSeconds: 30 });
  throw new Rejected(403, say.captcha);
}

async function askProvider(
  provider: Provider,
  token: string,
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
  tools: Tools,
): Promise<Verdict> {
  const { settings } = endpoint;
  const body = new URLSearchParams({ secret: settings.captchaSecret });
  body.set(provider === 'smartcaptcha' ? 'token' : 'response', token);
  if (request.address !== '') body.set(provider === 'smartcaptcha' ? 'ip' : 'remoteip', request.address);
  const key = request.headers['idempotency-key'];
  // Turnstile lets the same check be repeated: a retry of this very submission must not look like a stolen token.
  if (provider === 'turnstile' && key !== undefined) body.set('idempotency_key', await uuidOf(`${key}\n${token}`));
  const answer = await post(VERIFY_URLS[provider], body, tools);
  if (answer === undefined) return 'down';
  return provider === 'smartcaptcha' ? judgeSmart(answer, endpoint) : judge(answer, provider, endpoint);
}

/** `undefined`: no answer in time, not a 200, or not JSON. Nothing of the request is ever logged. */
async function post(url: string, body: URLSearchParams, tools: Tools): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await tools.fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer: unknown = response.ok ? await response.json() : undefined;
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function judge(answer: Record<string, unknown>, provider: Provider, endpoint: EndpointContext<FormSettings>): Verdict {
  const codes = Array.isArray(answer['error-codes']) ? answer['error-codes'].map(String) : [];
  if (answer.success !== true)
    // A wrong secret is the owner's mistake, not the visitor's: the check could not be made.
    return codes.some((code) =>
      /^(?:internal-error|(?:missing|invalid)-input-secret|sitekey-secret-mismatch)$/.test(code),
    )
      ? 'down'
      : 'failed';
  const { captchaScore } = endpoint.settings;
  if (provider === 'recaptcha' && captchaScore > 0) {
    const scored = typeof answer.score === 'number' && answer.score >= captchaScore && answer.action === ACTION;
    if (!scored) return 'failed';
  }
  return isOurHost(answer.hostname, endpoint) ? 'passed' : 'failed';
}

function judgeSmart(answer: Record<string, unknown>, endpoint: EndpointContext<FormSettings>): Verdict {
  if (answer.status !== 'ok') return /authentication/i.test(String(answer.message)) ? 'down' : 'failed';
  // "ok" without a host: the provider let the visitor through without a check.
  if (typeof answer.host !== 'string' || answer.host === '') return 'down';
  return isOurHost(answer.host, endpoint) ? 'passed' : 'failed';
}

/** The site on which the puzzle was solved must be one of the allowed, or our own hosted page. */
function isOurHost(host: unknown, endpoint: EndpointContext<FormSettings>): boolean {
  const { allowedOrigins } = endpoint.settings;
  if (typeof host !== 'string' || host === '' || host === 'not-provided' || allowedOrigins.length === 0) return true;
  const name = host.toLowerCase().replace(/:\d+$/, '');
  return [...allowedOrigins, endpoint.address].some((origin) => new URL(origin).hostname === name);
}

async function uuidOf(text: string): Promise<string> {
  const hex = await sha256Hex(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
