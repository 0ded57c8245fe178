/**
 * ALTCHA v2, on this server alone, in deterministic mode with both secrets: in prefix mode an old library version took
 * unsolved answers, so the prefix is checked here once more.
 *
 * Single use: a challenge may be bound to the sender's `Idempotency-Key` when it is asked for (`?challenge&for=KEY`).
 * A bound solution passes with that key only, and the key's unique index makes every repeat the same delivery: a retry
 * after a lost answer still gets through. An unbound solution is remembered after its first use.
 */
import { type Challenge, createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import type { Tools } from '../../src/channel.ts';
import { sha256Hex, toHex } from './start.ts';

const LIFE_SECONDS = 20 * 60;
const LEAST_ATTEMPTS = 100;
const MOST_ATTEMPTS = 300;

const secrets = (tools: Tools): { hmacSignatureSecret: string; hmacKeySignatureSecret: string } => ({
  hmacSignatureSecret: toHex(tools.secret('altcha-challenge')),
  hmacKeySignatureSecret: toHex(tools.secret('altcha-key')),
});

export async function makeChallenge(cost: number, boundTo: string | undefined, tools: Tools): Promise<Challenge> {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!;
  return createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost,
    counter: LEAST_ATTEMPTS + (random % (MOST_ATTEMPTS - LEAST_ATTEMPTS + 1)),
    deriveKey,
    expiresAt: Math.floor(tools.now().getTime() / 1000) + LIFE_SECONDS,
    ...(boundTo === undefined ? {} : { data: { for: await sha256Hex(boundTo) } }),
    ...secrets(tools),
  });
}

export async function checkAltcha(
  token: string,
  idempotencyKey: string | undefined,
  tools: Tools,
): Promise<'passed' | 'failed'> {
  const payload = decode(token);
  if (payload === undefined) return 'failed';
  const { challenge, solution } = payload;
  const { parameters } = challenge;
  const left = parameters.expiresAt - tools.now().getTime() / 1000;
  if (left <= 0 || !solution.derivedKey.startsWith(parameters.keyPrefix)) return 'failed';
  try {
    const { verified } = await verifySolution({ challenge, solution, deriveKey, ...secrets(tools) });
    if (!verified) return 'failed';
  } catch {
    return 'failed';
  }
  const bound = parameters.data?.for;
  if (bound !== undefined)
    return idempotencyKey !== undefined && bound === (await sha256Hex(idempotencyKey)) ? 'passed' : 'failed';
  return (await tools.once(`altcha:${challenge.signature}`, Math.ceil(left) + 60)) ? 'passed' : 'failed';
}

interface Payload {
  challenge: Challenge & { signature: string; parameters: { expiresAt: number; keySignature: string } };
  solution: { counter: number; derivedKey: string };
}

/** Only a payload of our own kind gets as far as the library: its algorithm and cost are what we sign. */
function decode(token: string): Payload | undefined {
  let payload: unknown;
  try {
    payload = JSON.parse(atob(token));
  } catch {
    return undefined;
  }
  const { challenge, solution } = (payload ?? {}) as Partial<Payload>;
  const parameters = challenge?.parameters;
  if (typeof parameters !== 'object' || parameters === null || typeof challenge?.signature !== 'string')
    return undefined;
  const wellFormed =
    typeof parameters.expiresAt === 'number' &&
    typeof parameters.keySignature === 'string' &&
    typeof parameters.keyPrefix === 'string' &&
    parameters.keyPrefix.length === 32 &&
    parameters.algorithm === 'PBKDF2/SHA-256' &&
    typeof solution?.derivedKey === 'string' &&
    typeof solution.counter === 'number';
  return wellFormed ? ({ challenge, solution } as Payload) : undefined;
}
