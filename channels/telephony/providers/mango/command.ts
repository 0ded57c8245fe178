/** Commands of the Mango Office API, signed the same way as its events. */
import { createHash } from 'node:crypto';
import type { Tools } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import { string } from '../../loose.ts';
import { shortAnswer } from '../../short-answer.ts';

export const API = 'https://app.mango-office.ru/vpbx';
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const DONE = '1000';

/** hex(sha256(key + json + salt)) over the exact text. */
export const signOf = (key: string, json: string, salt: string): string =>
  createHash('sha256').update(`${key}${json}${salt}`).digest('hex');

export function signedForm({ settings }: Endpoint, command: object): string {
  const key = settings.mangoApiKey ?? '';
  const json = JSON.stringify(command);
  return new URLSearchParams({
    vpbx_api_key: key,
    sign: signOf(key, json, settings.mangoSalt ?? ''),
    json,
  }).toString();
}

export interface Ordered {
  readonly status: number;
  readonly done: boolean;
  /** Mango's own code, `''` when it gave none: `3310` is "no such call". */
  readonly code: string;
}

/** A bad command is answered 420 with `{"code"}`; what became of a good one comes later, to /result/*. */
export async function order(
  endpoint: Endpoint,
  tools: Tools,
  signal: AbortSignal,
  path: string,
  command: object,
): Promise<Ordered> {
  const response = await tools.fetch(`${API}${path}`, {
    method: 'POST',
    headers: FORM,
    body: signedForm(endpoint, command),
    redirect: 'manual',
    signal,
  });
  const { status, body } = await shortAnswer(response);
  const code = string(body.code) || string(body.result);
  return { status, code, done: status >= 200 && status < 300 && (code === '' || code === DONE) };
}
