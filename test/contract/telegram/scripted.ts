import type { telegram } from '../../../channels/telegram/index.ts';
import type { Channel, EndpointContext, Health } from '../../../src/channel.ts';
import { endpointFor, type ListenStandIn, listenToolsFor } from '../stand-ins.ts';
import { TOKEN } from './bot-api.ts';

type Endpoint = EndpointContext<ReturnType<typeof telegram.settings.parse>>;

export function telegramEndpoint(
  channel: typeof telegram,
  settings: Record<string, unknown> = {},
  language = 'en',
): Endpoint {
  return endpointFor(channel as unknown as Channel, { botToken: TOKEN, ...settings }, language) as Endpoint;
}

export interface ScriptedCall {
  readonly method: string;
  readonly payload: Record<string, unknown>;
}

type Said = { code: number; description: string; parameters?: unknown } | { result: unknown } | Error;

/** A `fetch` without a network, for tests that run on a clock of their own. */
export function scripted(say: (call: ScriptedCall, nth: number) => Said | Promise<Said>): {
  readonly fetch: typeof fetch;
  readonly calls: ScriptedCall[];
} {
  const calls: ScriptedCall[] = [];
  const stand = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const method = String(input).split('/').at(-1) ?? '';
    const payload = JSON.parse(typeof init.body === 'string' ? init.body : '{}') as Record<string, unknown>;
    calls.push({ method, payload });
    const said = await say({ method, payload }, calls.filter((call) => call.method === method).length);
    if (said instanceof Error) throw said;
    if ('result' in said) return Response.json({ ok: true, result: said.result });
    const { code, description, parameters } = said;
    return Response.json({ ok: false, error_code: code, description, parameters }, { status: code });
  };
  return { fetch: stand as typeof fetch, calls };
}

export const ME = { id: 123456789, is_bot: true, first_name: 'Leads', username: 'leads_bot' };

/** A long poll that ends when the listener gives up. */
export const silence = (): Promise<never> => new Promise(() => undefined);

export interface Watched {
  readonly tools: ListenStandIn;
  /** Everything that was reported, oldest first. */
  readonly reports: Health[];
}

export function watched(fetchWith: typeof fetch, accept?: ListenStandIn['accept'], before?: ListenStandIn): Watched {
  const reports: Health[] = [];
  const tools = listenToolsFor(accept, before);
  const report = (health: Health): void => {
    tools.health = health;
    reports.push(health);
  };
  return { tools: Object.assign(tools, { fetch: fetchWith, report }), reports };
}
