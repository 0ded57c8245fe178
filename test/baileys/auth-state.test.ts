/** The account and its keys through the endpoint's state, with Baileys' own makers and transactions. */
import * as baileys from '@whiskeysockets/baileys';
import { expect, it, vi } from 'vitest';
import { dropHalfPairing, loadAuth } from '../../channels/whatsapp-baileys/auth-state.ts';
import { silentLogger } from '../../channels/whatsapp-baileys/connect.ts';
import { openSentStore } from '../../channels/whatsapp-baileys/sent-store.ts';
import { listenToolsFor } from '../contract/stand-ins.ts';

const load = (tools = listenToolsFor()) => loadAuth(baileys, tools.state, () => undefined);

it('reads back the account as it was: bytes are bytes', async () => {
  const tools = listenToolsFor();
  const first = await load(tools);
  expect(first.state.creds.registered).toBe(false);
  first.update({ me: { id: '15550100000:3@s.whatsapp.net' }, account: { details: Buffer.from([1, 2]) } });
  await first.saved();
  const second = await load(tools);
  expect(second.state.creds).toEqual(first.state.creds);
  expect(Buffer.isBuffer(second.state.creds.noiseKey.private)).toBe(true);
  expect(second.state.creds.noiseKey.private).toHaveLength(32);
});

it('saves one at a time, and the last wins', async () => {
  const tools = listenToolsFor();
  const set = tools.state.set;
  let running = 0;
  let most = 0;
  Object.assign(tools.state, {
    set: async (values: Record<string, string | null>) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await set(values);
      running -= 1;
    },
  });
  const auth = await load(tools);
  for (let id = 1; id <= 20; id++) auth.update({ nextPreKeyId: id });
  await auth.saved();
  expect(most).toBe(1);
  expect(JSON.parse(tools.values.get('creds')!)).toMatchObject({ nextPreKeyId: 20 });
});

it('tries again when the database is away: after a pairing there is no other copy', async () => {
  vi.useFakeTimers();
  const tools = listenToolsFor();
  const set = vi.spyOn(tools.state, 'set').mockRejectedValueOnce(new Error('away'));
  const auth = await load(tools);
  auth.update({ platform: 'android' });
  await vi.advanceTimersByTimeAsync(1);
  expect(tools.values.has('creds')).toBe(false);
  await vi.advanceTimersByTimeAsync(2000);
  expect(set).toHaveBeenCalledTimes(2);
  expect(tools.values.has('creds')).toBe(true);
  vi.useRealTimers();
});

it('writes nothing once it is closed: a late write would bring a thrown-out account back', async () => {
  const tools = listenToolsFor();
  const auth = await load(tools);
  await auth.close();
  auth.update({ platform: 'android' });
  await expect(auth.state.keys.set({ session: { a: Buffer.from('late') } })).rejects.toThrow('closed');
  await expect(auth.saved()).rejects.toThrow('closed');
  expect(tools.values.size).toBe(0);
});

it('keeps pre-keys, app state keys and kinds that nobody has heard of', async () => {
  const tools = listenToolsFor();
  const { keys } = (await load(tools)).state;
  const pair = baileys.Curve.generateKeyPair();
  const appKey = baileys.proto.Message.AppStateSyncKeyData.fromObject({
    keyData: Buffer.from('k'.repeat(32)),
    fingerprint: { rawId: 7, currentIndex: 1, deviceIndexes: [0] },
    timestamp: 1767225600,
  });
  await keys.set({
    'pre-key': { '1': pair, '2': null },
    'app-state-sync-key': { 'AAAA+/=': appKey },
    'lid-mapping': { '15550100123': '123456789012345' },
    'sender-key-memory': { '120363000000000001@g.us': { '15550100123:0@s.whatsapp.net': true } },
    'kind-of-tomorrow': { x: { bytes: new Uint8Array([1, 2, 3]) } },
  } as baileys.SignalDataSet);
  const again = (await load(tools)).state.keys;
  expect(await again.get('pre-key', ['1', '2', '3'])).toEqual({ '1': pair });
  const found = (await again.get('app-state-sync-key', ['AAAA+/=']))['AAAA+/=']!;
  expect(found).toBeInstanceOf(baileys.proto.Message.AppStateSyncKeyData);
  expect(Buffer.from(found.keyData!).toString()).toBe('k'.repeat(32));
  expect(await again.get('lid-mapping', ['15550100123'])).toEqual({ '15550100123': '123456789012345' });
  expect(await again.get('kind-of-tomorrow' as 'session', ['x'])).toEqual({ x: { bytes: Buffer.from([1, 2, 3]) } });
  await again.set({ 'pre-key': { '1': null } });
  expect(await keys.get('pre-key', ['1'])).toEqual({});
});

it('commits a transaction of the library in one piece, or not at all', async () => {
  const tools = listenToolsFor();
  const { keys } = (await load(tools)).state;
  const set = vi.spyOn(tools.state, 'set');
  const wrapped = baileys.addTransactionCapability(keys, silentLogger, {
    maxCommitRetries: 1,
    delayBetweenTriesMs: 1,
  });
  await wrapped.transaction(async () => {
    await wrapped.set({ session: { a: Buffer.from('one') } });
    await wrapped.set({ 'identity-key': { a: Buffer.from('two') } });
  }, 'chat');
  expect(set).toHaveBeenCalledTimes(1);
  expect(Object.keys(set.mock.calls[0]![0]).sort()).toEqual(['key:identity-key:a', 'key:session:a']);
  set.mockRejectedValueOnce(new Error('away'));
  await expect(
    wrapped.transaction(() => Promise.resolve(wrapped.set({ session: { b: Buffer.from('x') } })), 'chat'),
  ).rejects.toThrow('away');
  expect(await keys.get('session', ['b'])).toEqual({});
  await wrapped.set({ session: { c: Buffer.from('after a failure the queue goes on') } });
  expect(Object.keys(await keys.get('session', ['c']))).toEqual(['c']);
});

it('forgets a pairing code that nobody typed in, and nothing else', () => {
  const half = {
    ...baileys.initAuthCreds(),
    me: { id: '15550100000@s.whatsapp.net', name: '~' },
    pairingCode: 'ABCD1234',
  };
  dropHalfPairing(half);
  expect(half).toMatchObject({ pairingCode: undefined });
  expect('me' in half).toBe(false);
  const whole = { ...baileys.initAuthCreds(), me: { id: '15550100000@s.whatsapp.net' }, account: {} };
  dropHalfPairing(whole);
  expect(whole.me.id).toBe('15550100000@s.whatsapp.net');
});

it('keeps what was sent for those who ask again: the newest 500', async () => {
  const tools = listenToolsFor();
  const store = openSentStore(baileys, tools.state);
  await Promise.all(
    Array.from({ length: 503 }, (_, index) => store.keep(`ID${index}`, { conversation: `text ${index}` })),
  );
  expect(await store.find('ID2')).toBeUndefined();
  expect((await openSentStore(baileys, tools.state).find('ID3'))?.conversation).toBe('text 3');
  expect((await store.find('ID502'))?.conversation).toBe('text 502');
  expect([...tools.values.keys()].filter((name) => name.startsWith('sent:'))).toHaveLength(500);
});
