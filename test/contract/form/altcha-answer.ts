import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import type { Channel, Tools } from '../../../src/channel.ts';
import { type AnyEndpoint, requestFor } from '../stand-ins.ts';

interface Payload {
  challenge: Challenge;
  solution: { counter: number; derivedKey: string };
}

export async function askChallenge(
  channel: Channel,
  endpoint: AnyEndpoint,
  tools: Tools,
  query = '',
): Promise<Challenge> {
  const url = `/in/form/k3y?challenge${query}`;
  const answer = await channel.handshake!(requestFor(channel, { method: 'GET', url }), endpoint, tools);
  return JSON.parse(answer!.body as string) as Challenge;
}

export async function solve(challenge: Challenge): Promise<Payload> {
  const solution = await solveChallenge({ challenge, deriveKey });
  return { challenge, solution: solution! };
}

export const encode = (payload: unknown): string => btoa(JSON.stringify(payload));
