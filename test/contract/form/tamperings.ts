import type { Channel, Genuine, Tools } from '../../../src/channel.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import type { Tampering } from '../tampering.ts';
import { askChallenge, encode, solve } from './altcha-answer.ts';

const PHONE = { phone: '+15550100199' };

function send(
  channel: Channel,
  settings: Record<string, unknown>,
  tools: Tools,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
): () => Promise<Genuine> {
  const request = requestFor(channel, {
    headers: { 'content-type': 'application/json', ...headers },
    body: bytes(JSON.stringify({ ...PHONE, ...fields })),
  });
  return async () => channel.verify!(request, endpointFor(channel, settings), tools);
}

const KEYED = { apiKey: 'sample-key-0001', apiKeyName: 'X-Form-Key' };

const withKey = (name: string, headers: Record<string, string>, fields = {}): Tampering => ({
  name: `API key ${name}`,
  statuses: [401],
  run: async (channel) => ({
    genuine: send(channel, KEYED, toolsFor(), {}, { 'x-form-key': 'sample-key-0001' }),
    tampered: send(channel, KEYED, toolsFor(), fields, headers),
  }),
});

async function startToken(channel: Channel, tools: Tools): Promise<string> {
  const request = requestFor(channel, { method: 'GET', url: '/in/form/k3y?start' });
  const answer = await channel.handshake!(request, endpointFor(channel), tools);
  return (JSON.parse(answer!.body as string) as { token: string }).token;
}

const withStart = (name: string, change: (token: string) => string): Tampering => ({
  name: `start token ${name}`,
  statuses: [403],
  run: async (channel) => {
    const tools = toolsFor();
    const token = await startToken(channel, tools);
    return {
      genuine: send(channel, {}, tools, { _start: token }),
      tampered: send(channel, {}, tools, { _start: change(token) }),
    };
  },
});

const flip = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

type Solved = Awaited<ReturnType<typeof solve>>;

const withAltcha = (name: string, change: (payload: Solved) => unknown): Tampering => ({
  name: `altcha ${name}`,
  statuses: [403],
  run: async (channel) => {
    const settings = { captcha: 'altcha', altchaCost: 100 };
    const tools = toolsFor();
    const payload = await solve(await askChallenge(channel, endpointFor(channel, settings), tools));
    return {
      genuine: send(channel, settings, tools, { altcha: encode(payload) }),
      tampered: send(channel, settings, toolsFor(), { altcha: encode(change(structuredClone(payload))) }),
    };
  },
});

const withParameters = (name: string, over: Record<string, unknown>): Tampering =>
  withAltcha(name, ({ challenge, solution }) => ({
    challenge: { ...challenge, parameters: { ...challenge.parameters, ...over } },
    solution,
  }));

export const formTamperings: readonly Tampering[] = [
  withKey('missing', {}),
  withKey('wrong', { 'x-form-key': 'sample-key-0002' }),
  withKey('cut short', { 'x-form-key': 'sample-key-000' }),
  withKey('with a tail', { 'x-form-key': 'sample-key-00011' }),
  withKey('wrong in a field', {}, { 'X-Form-Key': 'x' }),
  withStart('older', (token) => token.replace(/^./, '1')),
  withStart('with another consent', (token) => token.replace('.-.', `.${'a'.repeat(64)}.`)),
  withStart('with another signature', (token) => token.replace(/(?<=\.)[0-9a-f]{64}$/, flip)),
  withStart('without a signature', (token) => token.replace(/\.[0-9a-f]{64}$/, '')),
  withStart('of garbage', () => '\u0000'),
  withParameters('cheaper', { cost: 1 }),
  withParameters('expires later', { expiresAt: 4_102_444_800 }),
  withParameters('another nonce', { nonce: '00'.repeat(16) }),
  withParameters('no key signature', { keySignature: undefined }),
  withParameters('shorter prefix', { keyPrefix: '' }),
  withParameters('bound to another', { data: { for: 'x' } }),
  withAltcha('signature flipped', ({ challenge, solution }) => ({
    challenge: { ...challenge, signature: flip(challenge.signature!) },
    solution,
  })),
  withAltcha('unsolved', ({ challenge }) => ({ challenge, solution: { counter: 0, derivedKey: '00'.repeat(32) } })),
  withAltcha('prefix alone', ({ challenge }) => ({
    challenge,
    solution: { counter: 0, derivedKey: challenge.parameters.keyPrefix },
  })),
  withAltcha('of another shape', () => ({ challenge: null, solution: [] })),
  withAltcha('empty', () => ''),
];
