/** A crash after decryption: with real Signal sessions, whose keys do not open anything twice. */
import * as baileys from '@whiskeysockets/baileys';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadAuth } from '../../channels/whatsapp-baileys/auth-state.ts';
import { silentLogger } from '../../channels/whatsapp-baileys/connect.ts';
import { openJournal } from '../../channels/whatsapp-baileys/journal.ts';
import type { InboundEvent } from '../../src/channel.ts';
import { type ListenStandIn, listenToolsFor, until } from '../contract/stand-ins.ts';
import { CLIENT_LID, CLIENT_PN, ME } from '../contract/whatsapp-baileys/loopback.ts';
import { parsed, type Running, startSession } from './house.ts';

const OPTIONS = { maxCommitRetries: 1, delayBetweenTriesMs: 1 };
const { makeSignalRepository } = baileys.DEFAULT_CONNECTION_CONFIG;

let tools: ListenStandIn;
let running: Running | undefined;

beforeEach(() => {
  tools = listenToolsFor();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** Our device as a process finds it at its start. */
async function openDevice() {
  const auth = await loadAuth(baileys, tools.state, () => undefined);
  if (auth.state.creds.me === undefined) auth.update({ me: ME, account: {} });
  await auth.saved();
  const journal = await openJournal(baileys, auth);
  const keys = baileys.addTransactionCapability(auth.state.keys, silentLogger, OPTIONS);
  return {
    auth,
    journal,
    keys,
    repository: journal.makeSignalRepository({ creds: auth.state.creds, keys }, silentLogger),
  };
}

type Device = Awaited<ReturnType<typeof openDevice>>;

/** A client with a session of their own to our device; what they write comes as a stanza. */
async function openClient({ auth, keys }: Device) {
  const { signedIdentityKey, signedPreKey, registrationId } = auth.state.creds;
  const preKey = baileys.Curve.generateKeyPair();
  await keys.set({ 'pre-key': { '1': preKey } });
  const stored = new Map<string, unknown>();
  const memory: baileys.SignalKeyStore = {
    get: (type, ids) =>
      Object.fromEntries(ids.flatMap((id) => (stored.has(type + id) ? [[id, stored.get(type + id)]] : []))) as never,
    set: (data) => {
      for (const [type, entries] of Object.entries(data))
        for (const [id, value] of Object.entries(entries)) stored.set(type + id, value);
    },
  };
  const own = baileys.addTransactionCapability(memory, silentLogger, OPTIONS);
  const repository = makeSignalRepository({ creds: baileys.initAuthCreds(), keys: own }, silentLogger);
  const us = '15550100000@s.whatsapp.net';
  const withType = (key: Uint8Array): Uint8Array => baileys.generateSignalPubKey(key);
  await repository.injectE2ESession({
    jid: us,
    session: {
      registrationId,
      identityKey: withType(signedIdentityKey.public),
      signedPreKey: {
        keyId: signedPreKey.keyId,
        publicKey: withType(signedPreKey.keyPair.public),
        signature: signedPreKey.signature,
      },
      preKey: { keyId: 1, publicKey: withType(preKey.public) },
    },
  });
  return {
    write: async (text: string, id: string) => {
      const data = baileys.encodeWAMessage(baileys.proto.Message.fromObject({ conversation: text }));
      const { type, ciphertext } = await repository.encryptMessage({ jid: us, data });
      const attrs = { id, from: CLIENT_LID, sender_pn: CLIENT_PN, t: '1767225600', notify: 'Ivan', type: 'text' };
      const content = [{ tag: 'enc', attrs: { v: '2', type }, content: ciphertext }];
      return { stanza: { tag: 'message', attrs, content }, type, ciphertext };
    },
  };
}

const decrypt = async (
  device: Device,
  message: { stanza: baileys.BinaryNode; type: 'pkmsg' | 'msg'; ciphertext: Uint8Array },
) => {
  device.journal.see(message.stanza);
  const { type, ciphertext } = message;
  const plain = await device.repository.decryptMessage({ jid: CLIENT_LID, type, ciphertext });
  return baileys.proto.Message.decode(baileys.unpadRandomMax16(plain)).conversation;
};

it('a message that was decrypted and not handed over is handed over at the next start', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  expect(await decrypt(device, await client.write('before the crash', 'ID1'))).toBe('before the crash');
  running = startSession({ open: true, before: tools });
  await until(() => running!.tools.accepted.length === 1);
  const [event] = parsed(running.tools.accepted[0]!.heard) as InboundEvent[];
  expect(event).toMatchObject({
    text: 'before the crash',
    eventId: `0:${CLIENT_LID}:ID1`,
    sender: { name: 'Ivan', identities: [{ value: '+15550100123' }, { value: CLIENT_LID }] },
    at: new Date(1767225600_000),
  });
  await running.stop();
  expect([...tools.values.keys()].filter((name) => name.includes('journal'))).toEqual([]);
});

it('the same ciphertext, delivered again after the crash, is read again: without the journal it never is', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  const message = await client.write('delivered twice', 'ID1');
  await decrypt(device, message);
  const { ciphertext, type } = message;
  const plainKeys = baileys.addTransactionCapability(device.auth.state.keys, silentLogger, OPTIONS);
  const without = makeSignalRepository({ creds: device.auth.state.creds, keys: plainKeys }, silentLogger);
  await expect(without.decryptMessage({ jid: CLIENT_LID, type, ciphertext })).rejects.toThrow();
  const again = await openDevice();
  expect(await decrypt(again, message)).toBe('delivered twice');
  expect(await decrypt(again, await client.write('and the session goes on', 'ID2'))).toBe('and the session goes on');
});

it('the text and the keys are written in one piece, or neither is', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  const message = await client.write('not now', 'ID1');
  const before = new Map(tools.values);
  const set = tools.state.set;
  let writes: string[][] = [];
  Object.assign(tools.state, { set: () => Promise.reject(new Error('away')) });
  await expect(decrypt(device, message)).rejects.toThrow('away');
  expect(tools.values).toEqual(before);
  Object.assign(tools.state, {
    set: (values: Record<string, string | null>) => {
      writes = [...writes, Object.keys(values)];
      return set(values);
    },
  });
  const again = await openDevice();
  expect(await decrypt(again, message)).toBe('not now');
  const withText = writes.filter((names) => names.some((name) => name.includes('journal')));
  expect(withText).toHaveLength(1);
  expect(withText[0]!.some((name) => name.startsWith('key:session:'))).toBe(true);
});

it('what is handed over is wiped, and its place used again', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  for (let count = 0; count < 250; count++) {
    await decrypt(device, await client.write(`text ${count}`, `ID${count}`));
    device.journal.done(CLIENT_LID, `ID${count}`);
    if (count % 100 === 99) await device.journal.flush();
  }
  const written = () => [...tools.values.keys()].filter((name) => name.includes('journal'));
  expect(written()).toHaveLength(50);
  await device.journal.flush();
  expect(device.journal.left()).toEqual([]);
  expect([...tools.values.keys()].filter((name) => name.includes('journal'))).toEqual([]);
});

it('is written by a real socket, also when the connection breaks before the receipt: no event comes then', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  const { stanza } = await client.write('the line went dead', 'ID1');
  const { makeSignalRepository: journaled, see } = device.journal;
  const socket = baileys.makeWASocket({
    auth: device.auth.state,
    logger: silentLogger,
    waWebSocketUrl: 'ws://127.0.0.1:9/',
    makeSignalRepository: journaled,
  });
  socket.ws.on('frame', see);
  socket.ws.emit('frame', stanza);
  socket.ws.emit('CB:message', stanza);
  await until(() => [...tools.values.keys()].some((name) => name.includes('journal')));
  await socket.end(undefined);
  running = startSession({ open: true, before: tools });
  await until(() => running!.tools.accepted.length === 1);
  expect(parsed(running.tools.accepted[0]!.heard)).toMatchObject([{ text: 'the line went dead' }]);
});

it('a message of another sender with the same id does not wipe it', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  await decrypt(device, await client.write('mine', 'ID1'));
  device.journal.done('555000555000555@lid', 'ID1');
  expect(device.journal.left()).toHaveLength(1);
  device.journal.done('123456789012345:7@lid', 'ID1');
  expect(device.journal.left()).toEqual([]);
});

it('messages between our own devices are not written down', async () => {
  const device = await openDevice();
  const client = await openClient(device);
  const message = await client.write('keys', 'ID1');
  Object.assign(message.stanza.attrs, { category: 'peer' });
  await decrypt(device, message);
  expect(device.journal.left()).toEqual([]);
});
