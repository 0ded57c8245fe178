/** The library itself, unreplaced, against a server that speaks the protocol up to the pairing codes. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listenToolsFor, until } from '../contract/stand-ins.ts';
import { type FakeWhatsApp, openFakeWhatsApp } from './fake-whatsapp.ts';
import { channel, endpointWith } from './house.ts';

let whatsapp: FakeWhatsApp;
let abort: AbortController;
let ended: Promise<void>;

beforeEach(async () => {
  whatsapp = await openFakeWhatsApp(['ref-one', 'ref-two']);
  abort = new AbortController();
});
afterEach(async () => {
  abort.abort();
  await ended;
  await whatsapp.close();
});

function listen(settings: Record<string, unknown>) {
  const tools = listenToolsFor();
  ended = channel.listen!(endpointWith({ webSocketUrl: whatsapp.address, ...settings }), tools, abort.signal);
  return tools;
}

it('shakes hands and shows the code for the phone to scan', async () => {
  const tools = listen({});
  await until(() => tools.health?.pairing?.qr !== undefined);
  expect(tools.health?.pairing?.qr).toContain('ref-one,');
  expect(tools.health?.detail).toMatch(/Linked devices/);
  expect(whatsapp.payloads[0]!.devicePairingData).toBeDefined();
  await until(() => whatsapp.nodes.some(({ tag, attrs }) => tag === 'iq' && attrs.id === '1'));
});

it('asks for a pairing code by number, and asks as a new device after a restart', async () => {
  const tools = listen({ pairing: 'code', phone: '15550100000' });
  await until(() => tools.health?.pairing?.code !== undefined);
  expect(tools.health?.pairing?.code).toMatch(/^[0-9A-Z]{8}$/);
  const asked = () =>
    whatsapp.nodes.find(({ content }) => Array.isArray(content) && content[0]?.tag === 'link_code_companion_reg');
  await until(() => asked() !== undefined);
  expect(JSON.parse(tools.values.get('creds')!)).toMatchObject({ me: { id: '15550100000@s.whatsapp.net' } });
  abort.abort();
  await ended;
  abort = new AbortController();
  const next = listenToolsFor(undefined, tools);
  ended = channel.listen!(endpointWith({ webSocketUrl: whatsapp.address }), next, abort.signal);
  await until(() => next.health?.pairing?.qr !== undefined);
  // Nobody typed the code in: logging in as that number would be answered with 401.
  expect(whatsapp.payloads.map(({ username }) => Number(username ?? 0))).toEqual([0, 0]);
});

it('waits and tries again when there is no server', async () => {
  await whatsapp.close();
  const tools = listen({});
  await until(() => tools.health?.state === 'waiting');
  expect(tools.health?.retryAt).toBeInstanceOf(Date);
});
