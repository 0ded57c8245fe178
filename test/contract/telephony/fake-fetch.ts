import type { Tools } from '../../../src/channel.ts';
import { toolsFor } from '../stand-ins.ts';

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answering = () => Response;

/** Answers in order, the last one for ever; writes down what was asked. */
export function answering(...answers: (Answering | Error)[]): { tools: Tools; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push({
      url: String(input),
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : '',
    });
    if (answer instanceof Error) throw answer;
    return answer();
  };
  return { tools: toolsFor({ fetch }), asked };
}

export const answer =
  (status: number, body: unknown = ''): Answering =>
  () =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
