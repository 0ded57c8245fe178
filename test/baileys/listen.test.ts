/** From the library's events to deliveries: nothing is dropped, nothing waits in a buffer, repeats are one. */
import { createRequire } from 'node:module';
import * as baileys from '@whiskeysockets/baileys';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toItems } from '../../channels/whatsapp-baileys/heard.ts';
import { openIntake } from '../../channels/whatsapp-baileys/intake.ts';
import type { InboundEvent } from '../../src/channel.ts';
import { bytes, listenToolsFor, until } from '../contract/stand-ins.ts';
import { CLIENT_LID, CLIENT_PN, ME, textMessage } from '../contract/whatsapp-baileys/loopback.ts';
import { bodyOf, channel, endpointWith, type Options, parsed, type Running, startSession } from './house.ts';

let running: Running | undefined;
afterEach(() => running?.stop());

async function connected(options: Options = {}): Promise<Running> {
  running = startSession({ open: true, ...options });
  await until(() => running!.tools.health?.state === 'connected');
  return running;
}

const upsert = (messages: baileys.WAMessage[], type: 'append' | 'notify' = 'notify', requestId?: string) =>
  running!
    .last()
    .socket.ev.emit('messages.upsert', { messages, type, ...(requestId === undefined ? {} : { requestId }) });

const texts = (): (string | undefined)[] =>
  running!.tools.accepted.map(({ heard }) => (parsed(heard)[0] as InboundEvent).text);

describe('messages', () => {
  it('come as append after a downtime and as notify while connected: both are taken', async () => {
    await connected();
    upsert([textMessage('while you were down', 'ID1'), textMessage('me too', 'ID2')], 'append');
    upsert([textMessage('now', 'ID3')]);
    await until(() => running!.tools.accepted.length === 3);
    expect(texts()).toEqual(['while you were down', 'me too', 'now']);
  });

  it('that come twice, once each way, are one delivery', async () => {
    await connected();
    upsert([textMessage('once', 'ID1')], 'append');
    upsert([textMessage('once', 'ID1')]);
    await until(() => running!.tools.asked.length === 2);
    expect(running!.tools.accepted).toHaveLength(1);
  });

  it('a stub and its content are two deliveries of one message', async () => {
    await connected();
    const { message: _, ...stub } = textMessage('', 'ID1', { messageStubType: 2 });
    upsert([stub]);
    running!
      .last()
      .socket.ev.emit('messages.update', [
        { key: stub.key, update: { messageStubParameters: ['Message absent from node', 'REQUEST1'] } },
      ]);
    upsert([textMessage('the content', 'ID1')], 'notify', 'REQUEST1');
    await until(() => running!.tools.accepted.length === 2);
    const [first, second] = running!.tools.accepted.map(({ heard }) => parsed(heard)[0] as InboundEvent);
    expect(first).toMatchObject({ incomplete: true });
    expect(first!.text).toBeUndefined();
    expect(second).toMatchObject({ text: 'the content', revision: 'completion', eventId: first!.eventId });
  });

  it('typed on the phone are outbound, and what we send is not echoed', async () => {
    await connected();
    const key = { remoteJid: CLIENT_LID, remoteJidAlt: '15550100000@s.whatsapp.net', fromMe: true, id: 'ID1' };
    upsert([textMessage('answered on the phone', 'ID1', { key })]);
    await until(() => running!.tools.accepted.length === 1);
    const [event] = parsed(running!.tools.accepted[0]!.heard) as InboundEvent[];
    expect(event).toMatchObject({ direction: 'outbound', eventId: '1:ID1' });
    // Our own number stands in the alternate; it must not become the client's.
    expect(event!.sender.identities).toEqual([{ kind: 'whatsapp-lid', value: CLIENT_LID, trust: 'attested' }]);
    expect(running!.last().config.emitOwnEvents).toBe(false);
  });

  it('under a LID alone get the number that the store knows by then, and a mapping is news of its own', async () => {
    await connected();
    const key = { remoteJid: CLIENT_LID, fromMe: false, addressingMode: 'lid' };
    upsert([textMessage('who am I', 'ID1', { key: { ...key, id: 'ID1' } })]);
    await until(() => running!.tools.accepted.length === 1);
    const { config, socket } = running!.last();
    await config.auth.keys.set({
      'lid-mapping': { '15550100123': '123456789012345', '123456789012345_reverse': '15550100123' },
    });
    socket.ev.emit('lid-mapping.update', { lid: CLIENT_LID, pn: CLIENT_PN });
    upsert([textMessage('you know me', 'ID2', { key: { ...key, id: 'ID2' } })]);
    upsert([textMessage('also here', 'ID3', { key: { remoteJid: CLIENT_PN, fromMe: false, id: 'ID3' } })]);
    await until(() => running!.tools.accepted.length === 4);
    const found = running!.tools.accepted.flatMap(({ heard }) => parsed(heard) as InboundEvent[]);
    const lid = { kind: 'whatsapp-lid', value: CLIENT_LID, trust: 'attested' };
    const phone = { kind: 'phone', value: '+15550100123', trust: 'attested' };
    const byText = (text: string) => found.find((event) => event.text === text);
    expect(byText('who am I')!.sender.identities).toEqual([lid]);
    expect(byText('you know me')!.sender.identities).toEqual([phone, lid]);
    expect(byText('also here')).toMatchObject({ eventId: `0:${CLIENT_LID}:ID3` });
    expect(found).toContainEqual({ kind: 'acquaintance', identities: [phone, lid] });
  });

  it('of groups, statuses and channels are not even decrypted', async () => {
    await connected();
    const { shouldIgnoreJid, markOnlineOnConnect, syncFullHistory } = running!.last().config;
    for (const jid of [
      '120363000000000001@g.us',
      'status@broadcast',
      '1@newsletter',
      '15550100123@broadcast',
      '1@bot',
    ])
      expect(shouldIgnoreJid?.(jid), jid).toBe(true);
    expect(shouldIgnoreJid?.(CLIENT_LID)).toBe(false);
    expect([markOnlineOnConnect, syncFullHistory]).toEqual([false, false]);
    await running!.stop();
    await connected({ settings: { groups: 'handle' } });
    expect(running!.last().config.shouldIgnoreJid?.('120363000000000001@g.us')).toBe(false);
  });

  it('of the history are taken where the settings say so; the pairs of addresses are in any case', async () => {
    const set = { chats: [], contacts: [], messages: [textMessage('long ago', 'OLD1')], isLatest: true };
    const { HistorySyncType } = baileys.proto.Message;
    await connected();
    running!.last().socket.ev.emit('messaging-history.set', set);
    const { shouldSyncHistoryMessage } = running!.last().config;
    expect(shouldSyncHistoryMessage?.({ syncType: HistorySyncType.INITIAL_BOOTSTRAP })).toBe(true);
    expect(shouldSyncHistoryMessage?.({ syncType: HistorySyncType.RECENT })).toBe(false);
    await running!.stop();
    expect(running!.tools.asked).toEqual([]);
    await connected({ settings: { takeHistory: true } });
    running!.last().socket.ev.emit('messaging-history.set', set);
    await until(() => running!.tools.accepted.length === 1);
    expect(texts()).toEqual(['long ago']);
  });

  it('that are edited or taken back are heard once: from the notice, not from what is derived of it', async () => {
    await connected();
    const { key } = textMessage('', 'ID1');
    const { ev } = running!.last().socket;
    ev.emit('messages.update', [{ key, update: { message: null, messageStubType: 1 } }]);
    ev.emit('messages.update', [
      { key, update: { message: { editedMessage: { message: { conversation: 'new' } } } } },
    ]);
    ev.emit('messages.update', [{ key: { ...key, fromMe: true }, update: { status: 3 } }]);
    await until(() => running!.tools.accepted.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running!.tools.accepted.map(({ heard }) => parsed(heard))).toEqual([
      [{ kind: 'receipt', of: '1:ID1', state: 'delivered' }],
    ]);
  });
});

describe('a crash between the event and the insert', () => {
  it('has no time: the insert is asked for in the tick of the event', async () => {
    await connected();
    upsert([textMessage('now', 'ID1'), textMessage('and now', 'ID2')]);
    expect(running!.tools.asked).toHaveLength(2);
  });

  it("does not wait for the library's event buffer, which holds messages for up to 30 s after a login", async () => {
    await connected();
    const { ev } = running!.last().socket;
    ev.buffer();
    upsert([textMessage('buffered', 'ID1')], 'append');
    expect(running!.tools.asked).toHaveLength(1);
    ev.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running!.tools.asked).toHaveLength(1);
  });

  it('keeps the text of a message that is taken back in the same buffer', async () => {
    await connected();
    const { ev } = running!.last().socket;
    ev.buffer();
    const message = textMessage('I should not have said that', 'ID1');
    upsert([message], 'append');
    ev.emit('messages.update', [{ key: message.key, update: { message: null, messageStubType: 1 } }]);
    ev.flush();
    await until(() => running!.tools.accepted.length === 1);
    expect(texts()).toEqual(['I should not have said that']);
  });

  it('sees what a real socket of the library emits, before its buffer', async () => {
    const creds = { ...baileys.initAuthCreds(), me: ME };
    const keys = { get: () => ({}), set: () => undefined };
    const tools = listenToolsFor();
    const real = { current: undefined as baileys.WASocket | undefined };
    const abort = new AbortController();
    const { runSession } = await import('../../channels/whatsapp-baileys/session.ts');
    const ended = runSession({
      library: baileys,
      makeSocket: (config) => {
        const socket = baileys.makeWASocket({ ...config, auth: { creds, keys }, waWebSocketUrl: 'ws://127.0.0.1:9/' });
        real.current = socket;
        return socket;
      },
      endpoint: endpointWith(),
      tools,
      signal: abort.signal,
    });
    await until(() => real.current !== undefined);
    void real.current!.upsertMessage(textMessage('through the library', 'ID1'), 'append');
    expect(tools.asked).toHaveLength(1);
    expect((parsed(tools.asked[0]!.heard)[0] as InboundEvent).text).toBe('through the library');
    abort.abort();
    await ended;
  });
});

describe('while the database is away', () => {
  const away = { now: true };
  const accept = () => (away.now ? Promise.reject(new Error('away')) : Promise.resolve(undefined as never));

  it('events are held and handed over once it is back, and the endpoint says so', async () => {
    away.now = true;
    await connected({ accept });
    upsert([textMessage('one', 'ID1')]);
    upsert([textMessage('two', 'ID2')]);
    await until(() => running!.tools.health?.state === 'waiting');
    expect(running!.tools.health?.detail).toMatch(/held in memory/);
    away.now = false;
    await until(() => running!.tools.accepted.length === 2);
    await until(() => running!.tools.health?.state === 'connected');
    expect(new Set(texts())).toEqual(new Set(['one', 'two']));
  });

  it('what is still held at the end is kept for the next listener', async () => {
    away.now = true;
    await connected({ accept });
    upsert([textMessage('held', 'ID1')]);
    await until(() => running!.tools.asked.length > 0);
    await running!.stop();
    expect(running!.tools.accepted).toEqual([]);
    const before = running!.tools;
    await connected({ before });
    await until(() => running!.tools.accepted.length === 1);
    expect(texts()).toEqual(['held']);
    expect([...running!.tools.values.keys()].filter((name) => name.startsWith('held'))).toEqual([]);
  });

  it('drops the connection when too much is held, so that WhatsApp queues the rest', async () => {
    const tools = listenToolsFor(() => Promise.reject(new Error('away')));
    const abort = new AbortController();
    let dropped = 0;
    const intake = openIntake({
      tools,
      signal: abort.signal,
      maxHeld: 3,
      maxBytes: 10_000,
      lookUp: () => Promise.resolve(undefined),
      onFull: () => {
        dropped += 1;
      },
      onHolding: () => undefined,
      onDrained: () => undefined,
    });
    const hearing = { library: baileys, me: () => ME, takeHistory: false };
    const take = (id: string) => {
      const data = { messages: [textMessage('x', id)], type: 'notify' as const };
      for (const item of toItems({ name: 'messages.upsert', data }, hearing)) void intake.take(item);
    };
    for (const id of ['A', 'B', 'C']) take(id);
    expect(dropped).toBe(0);
    take('D');
    expect(dropped).toBe(1);
    abort.abort();
    await intake.close();
    expect(tools.values.get('held-index')).toBe('4');
  });

  it('does not reconnect before what is held is handed over', async () => {
    away.now = true;
    await connected({ accept });
    upsert([textMessage('held', 'ID1')]);
    await until(() => running!.tools.health?.state === 'waiting');
    running!.last().close(515);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(running!.sockets).toHaveLength(1);
    away.now = false;
    await until(() => running!.sockets.length === 2);
    expect(texts()).toEqual(['held']);
  });
});

describe('events that are too large', () => {
  const deps = (maxBytes: number) => ({
    signal: new AbortController().signal,
    maxHeld: 10,
    maxBytes,
    lookUp: () => Promise.resolve(undefined),
    onFull: () => undefined,
    onHolding: () => undefined,
    onDrained: () => undefined,
  });
  const take = async (maxBytes: number, message: baileys.WAMessage) => {
    const tools = listenToolsFor();
    const intake = openIntake({ tools, ...deps(maxBytes) });
    const data = { messages: [message], type: 'notify' as const };
    const hearing = { library: baileys, me: () => ME, takeHistory: false };
    for (const item of toItems({ name: 'messages.upsert', data }, hearing)) void intake.take(item);
    await until(() => tools.accepted.length === 1);
    return tools.accepted[0]!.heard;
  };

  it('lose their thumbnails first', async () => {
    const message = textMessage('', 'ID1', {
      message: { imageMessage: { caption: 'look', jpegThumbnail: Buffer.alloc(5000) } },
    });
    const heard = await take(3000, message);
    expect(heard.body.length).toBeLessThan(3000);
    expect(parsed(heard)).toMatchObject([{ text: '[Photo]\nlook' }]);
  });

  it('are quarantined when that is not enough', async () => {
    const heard = await take(2000, textMessage('x'.repeat(5000), 'ID1'));
    expect(heard.body.length).toBeLessThan(2000);
    expect(() => parsed(heard)).toThrow(/larger/);
  });
});

describe('without consent or a number', () => {
  it.each([
    [{ acceptRisk: false }, /unofficial/],
    [{ acceptRisk: true, pairing: 'code' }, /phone number/],
  ])('nothing connects and a person is asked: %j', async (settings, words) => {
    const tools = listenToolsFor();
    await channel.listen!(endpointWith(settings), tools, new AbortController().signal);
    expect(tools.health).toMatchObject({ state: 'needs-human', detail: expect.stringMatching(words) });
  });

  it('asks for a pairing code once, when the first code for a picture comes', async () => {
    const asked: string[] = [];
    const requestPairingCode = (phone: string) => {
      asked.push(phone);
      return Promise.resolve('WXYZ5678');
    };
    running = startSession({ settings: { pairing: 'code', phone: '15550100000' }, sockets: { requestPairingCode } });
    await until(() => running!.sockets.length === 1);
    running.last().socket.ev.emit('connection.update', { qr: 'one' });
    running.last().socket.ev.emit('connection.update', { qr: 'two' });
    await until(() => running!.tools.health?.pairing !== undefined);
    expect(running.tools.health).toMatchObject({ state: 'needs-human', pairing: { code: 'WXYZ5678' } });
    expect(asked).toEqual(['15550100000']);
  });
});

it('writes whole events: bytes, 64-bit numbers and enums of protobuf are read back', async () => {
  await connected();
  const message = baileys.proto.Message.fromObject({
    imageMessage: {
      caption: 'as protobuf writes it',
      mediaKey: bytes('k'.repeat(32)),
      fileEncSha256: bytes('e'.repeat(32)),
      directPath: '/v/t62/x.enc',
      fileLength: 84213,
      mimetype: 'image/jpeg',
    },
  });
  upsert([textMessage('', 'ID1', { message })]);
  const echo = baileys.proto.WebMessageInfo.fromObject({
    key: { remoteJid: CLIENT_PN, fromMe: false, id: 'CALL1' },
    messageTimestamp: 1767225600,
    messageStubType: baileys.proto.WebMessageInfo.StubType.CALL_MISSED_VOICE,
  });
  upsert([echo as baileys.WAMessage]);
  await until(() => running!.tools.accepted.length === 2);
  const found = running!.tools.accepted.map(({ heard }) => parsed(heard)[0] as InboundEvent);
  const picture = found.find((event) => event.files !== undefined)!;
  expect(picture.files![0]).toMatchObject({
    size: 84213,
    ref: {
      mediaKey: Buffer.from('k'.repeat(32)).toString('base64'),
      encSha256: Buffer.from('e'.repeat(32)).toString('base64'),
    },
  });
  expect(found.find((event) => event.kind === 'call')).toMatchObject({ at: new Date(1767225600_000) });
  expect(bodyOf(running!.tools.accepted[0]!.heard)).toMatchObject({ me: { id: ME.id } });
});

it('lets libsignal print nothing of sessions: it would write private keys to the console', async () => {
  const said: unknown[][] = [];
  for (const level of ['info', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation((...words) => void said.push(words));
  // Wraps what the console is at its first loading.
  await channel.listen!(
    endpointWith({ webSocketUrl: 'ws://127.0.0.1:9/' }),
    listenToolsFor(),
    AbortSignal.timeout(50),
  );
  const { SessionRecord } = createRequire(import.meta.resolve('@whiskeysockets/baileys'))('libsignal') as {
    SessionRecord: new () => Record<'closeSession' | 'openSession', (session: object) => void>;
  };
  const session = { indexInfo: { closed: -1 }, currentRatchet: { privKey: 'secret' } };
  new SessionRecord().closeSession(session);
  new SessionRecord().closeSession(session);
  new SessionRecord().openSession(session);
  console.info('Something else');
  expect(said).toEqual([['Something else']]);
  vi.restoreAllMocks();
});
