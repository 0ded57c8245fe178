/** Asterisk: which channels are one call, calling, recordings. The connection itself: asterisk-listen.test.ts */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeardCall } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { openBook } from '../../../channels/telephony/providers/asterisk/book.ts';
import { asterisk } from '../../../channels/telephony/providers/asterisk/index.ts';
import { note } from '../../../channels/telephony/providers/asterisk/note.ts';
import type { Channel, Dial } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { asteriskCase } from './asterisk.ts';

const channel = telephony as unknown as Channel;
const endpointWith = (settings = {}) => endpointFor(channel, { ...asteriskCase.settings, ...settings }) as never;

const one = (id: string, name: string, number = '', more = {}) => ({
  id,
  name,
  state: 'Down',
  caller: { number },
  ...more,
});
const trunk = one('10', 'PJSIP/trunk-0a', '79990001122', { state: 'Ring', dialplan: { exten: '74950000000' } });
const p101 = one('11', 'PJSIP/101-0b', '101');
const p102 = one('12', 'PJSIP/102-0c', '102');
/** As Asterisk does: the dial string stands in the first one only. */
const dial = (caller: object | undefined, peer: object, dialstatus: string, dialstring = '') => ({
  type: 'Dial',
  ...(caller === undefined ? {} : { caller }),
  peer,
  dialstatus,
  dialstring: dialstatus === '' ? dialstring : '',
});
const created = (made: object) => ({ type: 'ChannelCreated', channel: made });
const destroyed = (gone: object) => ({ type: 'ChannelDestroyed', channel: gone });

/** What the events say, one after another, each read on its own. */
function told(events: readonly object[]): HeardCall[] {
  const book = openBook(5);
  return events.flatMap((event) => {
    const noted = note(book, event as never);
    if (noted === undefined) return [];
    const heard = asterisk.parse(
      requestFor(channel, { body: bytes(JSON.stringify({ ...event, inlet: noted })) }),
      endpointWith(),
    );
    return 'ignored' in heard ? [] : [...heard];
  });
}
const brief = (heard: readonly HeardCall[]): string[] =>
  heard.map(({ callId, client, fact }) =>
    [callId, fact.direction, fact.happened, fact.extension, fact.toExtension, fact.outcome, client]
      .filter((word) => word !== undefined)
      .join(' '),
  );

describe('which channels are one call', () => {
  it('an inbound call: one phone does not answer, the other does', () => {
    const events = [
      created(trunk),
      { type: 'ChannelStateChange', channel: { ...trunk, state: 'Up' } }, // a menu picked up
      created(p101),
      dial(trunk, p101, '', '101'),
      dial(trunk, p101, 'RINGING', '101'),
      { type: 'ChannelStateChange', channel: { ...p101, state: 'Ringing' } },
      dial(trunk, p101, 'NOANSWER', '101'),
      destroyed(p101),
      created(p102),
      dial(trunk, p102, '', '102'),
      dial(trunk, p102, 'ANSWER', '102'),
      destroyed(p102),
      destroyed(trunk),
    ];
    expect(brief(told(events))).toEqual([
      '10 inbound ringing 79990001122',
      '10 inbound ringing 101 79990001122',
      '10 inbound leg-ended 101 79990001122',
      '10 inbound ringing 102 79990001122',
      '10 inbound answered 102 79990001122',
      '10 inbound ended answered 79990001122',
    ]);
  });

  it('a queue with Local channels between the caller and the agent, and channels that vanish early', () => {
    const near = one('20', 'Local/101@from-queue-0000001f;1', '101');
    const far = one('21', 'Local/101@from-queue-0000001f;2', '79990001122', { state: 'Ring' });
    const events = [
      created(trunk),
      created(near),
      created(far),
      dial(trunk, near, ''),
      created(p101),
      dial(far, p101, '', '101'),
      dial(far, p101, 'ANSWER', '101'),
      dial(trunk, near, 'ANSWER'),
      destroyed(far),
      destroyed(near),
      destroyed(trunk),
      destroyed(p101),
    ];
    expect(brief(told(events))).toEqual([
      '10 inbound ringing 79990001122',
      '10 inbound ringing 101 79990001122',
      '10 inbound answered 101 79990001122',
      '10 inbound ended answered 79990001122',
    ]);
  });

  it.each([
    ['nobody is rung', [], 'cancelled'],
    ['nobody answers', [dial(trunk, p101, '', '101'), dial(trunk, p101, 'NOANSWER', '101')], 'missed'],
    ['the caller gives up', [dial(trunk, p101, '', '101'), dial(trunk, p101, 'CANCEL', '101')], 'cancelled'],
    ['all are busy', [dial(trunk, p101, 'BUSY', '101')], 'busy'],
    ['no phone is registered', [dial(trunk, p101, 'CHANUNAVAIL', '101')], 'missed'],
    [
      'the mailbox takes it',
      [
        dial(trunk, p101, 'NOANSWER', '101'),
        { type: 'ChannelHangupRequest', channel: { ...trunk, dialplan: { app_name: 'VoiceMail' } } },
      ],
      'voicemail',
    ],
  ])('an inbound call: %s', (_name, between, outcome) => {
    const heard = told([created(trunk), ...between, destroyed(p101), destroyed(trunk)]);
    expect(heard.at(-1)?.fact).toMatchObject({ happened: 'ended', outcome });
  });

  it.each([
    ['79990001122@trunk', 'PJSIP/trunk-0e'],
    ['trunk/89990001122', 'SIP/trunk-0e'],
    ['74950000000/79990001122', 'SIP/74950000000-0e'],
    ['i1/79990001122', 'DAHDI/i1/79990001122-1'],
    ['', 'PJSIP/trunk-0e'],
  ])('an outbound call by "%s"', (dialstring, name) => {
    // FreePBX has put the number that we show in place of the extension by then.
    const phone = one('30', 'PJSIP/101-0d', '74950000000', { state: 'Ring', dialplan: { exten: '989990001122' } });
    const out = one('31', name, '79990001122', { connected: { number: '74950000000' } });
    const heard = told([
      created({ ...phone, caller: { number: '101' } }),
      created(out),
      dial(phone, out, '', dialstring),
      dial(phone, out, 'ANSWER', dialstring),
      destroyed(out),
      destroyed(phone),
    ]);
    expect(heard.map(({ fact }) => fact.happened)).toEqual(['ringing', 'answered', 'ended']);
    for (const { callId, client, fact } of heard) {
      expect(client).toMatch(/^[78]9990001122$/);
      expect([callId, fact.direction, fact.line]).toEqual(['30', 'outbound', '74950000000']);
    }
    expect(heard[1]?.fact.extension).toBe('101');
  });

  it('an outbound call: the second trunk gets through', () => {
    const phone = one('30', 'PJSIP/101-0d', '101', { state: 'Ring' });
    const [a, b] = [one('31', 'PJSIP/first-0e'), one('32', 'PJSIP/second-0f')];
    const heard = told([
      dial(phone, a, '', '79990001122@first'),
      dial(phone, a, 'CHANUNAVAIL', '79990001122@first'),
      destroyed(a),
      dial(phone, b, '', '79990001122@second'),
      dial(phone, b, 'ANSWER'),
      destroyed(b),
      destroyed(phone),
    ]);
    expect(brief(heard)).toEqual([
      '30 outbound ringing 101 79990001122',
      '30 outbound leg-ended 101 failed 79990001122',
      '30 outbound ringing 101 79990001122',
      '30 outbound answered 101 79990001122',
      '30 outbound ended answered 79990001122',
    ]);
  });

  it('a call between our own people is internal, and so is asking a colleague before a transfer', () => {
    const second = one('40', 'PJSIP/101-11', '101', { state: 'Ring' });
    const heard = told([
      created(trunk),
      dial(trunk, p101, 'ANSWER', '101'),
      created(second),
      dial(second, p102, 'ANSWER', '102'),
      {
        type: 'BridgeAttendedTransfer',
        transferer_first_leg: p101,
        transferer_second_leg: second,
        transferee: trunk,
        transfer_target: p102,
        result: 'Success',
      },
      destroyed(second),
      destroyed(p101),
      destroyed(p102),
      destroyed(trunk),
    ]);
    expect(brief(heard)).toEqual([
      '10 inbound ringing 79990001122',
      '10 inbound answered 101 79990001122',
      '40 internal answered 102',
      '10 inbound transferred 101 102 79990001122',
      '40 internal ended answered',
      '10 inbound ended answered 79990001122',
    ]);
  });

  it('an outbound call that is handed on goes on without the one who called', () => {
    const phone = one('30', 'PJSIP/101-0d', '101', { state: 'Ring' });
    const out = one('31', 'PJSIP/trunk-0e', '79990001122');
    const heard = told([
      dial(phone, out, '', '79990001122@trunk'),
      dial(phone, out, 'ANSWER'),
      { type: 'BridgeBlindTransfer', channel: phone, exten: '102', result: 'Success' },
      destroyed(phone),
      dial(out, p102, 'ANSWER', '102'),
      destroyed(p102),
      destroyed(out),
    ]);
    expect(brief(heard)).toEqual([
      '30 outbound ringing 101 79990001122',
      '30 outbound answered 101 79990001122',
      '30 outbound transferred 101 102 79990001122',
      '30 outbound answered 102 79990001122',
      '30 outbound ended answered 79990001122',
    ]);
  });

  it('a linkedid that Asterisk tells decides, where nothing else was heard', () => {
    const late = one('55', 'PJSIP/trunk-0a', '79990001122', { channelvars: { 'CHANNEL(linkedid)': '10' } });
    expect(told([dial(late, p101, 'ANSWER', '101')])[0]?.callId).toBe('10');
  });

  it('click-to-call: our own person is not the client, whatever phone they have', () => {
    const ours = one('inlet-1', 'PJSIP/101-0d', '101');
    const out = one('31', 'PJSIP/trunk-0e', '79990001122');
    expect(
      brief(
        told([
          dial(undefined, ours, '', '101'),
          dial(undefined, ours, 'ANSWER', '101'),
          dial(ours, out, '', '79990001122@trunk'),
          dial(ours, out, 'ANSWER', '79990001122@trunk'),
          destroyed(out),
          destroyed(ours),
        ]),
      ),
    ).toEqual([
      'inlet-1 outbound ringing 101',
      'inlet-1 outbound ringing 101 79990001122',
      'inlet-1 outbound answered 101 79990001122',
      'inlet-1 outbound ended answered 79990001122',
    ]);
    const near = one('inlet-2', 'Local/79990002233@from-internal-02;1');
    const far = one('61', 'Local/79990002233@from-internal-02;2');
    const mobile = one('62', 'PJSIP/trunk-0f', '79990002233');
    const heard = told([
      dial(undefined, near, ''),
      dial(far, mobile, '', '79990002233@trunk'),
      dial(far, mobile, 'ANSWER', '79990002233@trunk'),
      dial(near, out, '', '79990001122@trunk'),
      dial(near, out, 'ANSWER', '79990001122@trunk'),
    ]);
    expect(heard.map(({ client }) => client)).toEqual([undefined, '79990001122', '79990001122']);
    expect(brief(told([dial(undefined, ours, '', '101'), destroyed(ours)])).at(-1)).toBe(
      'inlet-1 outbound ended failed',
    );
  });

  it('click-to-call of another program, through a Local channel', () => {
    const near = one('70', 'Local/101@from-internal-03;1');
    const far = one('71', 'Local/101@from-internal-03;2', '', { state: 'Ring' });
    const out = one('31', 'PJSIP/trunk-0e', '79990001122');
    const heard = told([
      created(near),
      created(far),
      dial(undefined, near, '', '101@from-internal'),
      dial(far, p101, '', '101'),
      dial(far, p101, 'ANSWER'),
      dial(undefined, near, 'ANSWER'),
      dial(near, out, '', '79990001122@trunk'),
      dial(near, out, 'BUSY'),
      destroyed(out),
      destroyed(far),
      destroyed(near),
      destroyed(p101),
    ]);
    expect(brief(heard)).toEqual([
      '70 outbound ringing 101 79990001122',
      '70 outbound leg-ended 101 busy 79990001122',
      '70 outbound ended busy 79990001122',
    ]);
  });

  it('a recording belongs to the call of its channel or bridge, also after the end', () => {
    const done = (target_uri: string) => ({
      type: 'RecordingFinished',
      recording: { name: 'r', format: 'wav', target_uri },
    });
    const heard = told([
      created(trunk),
      { type: 'ChannelEnteredBridge', channel: trunk, bridge: { id: 'b-1' } },
      done('channel:10'),
      destroyed(trunk),
      done('bridge:b-1'),
      done('channel:10'),
      done('channel:never-heard-of'),
    ]);
    expect(heard.filter(({ fact }) => fact.happened === 'recorded').map(({ callId }) => callId)).toEqual([
      '10',
      '10',
      '10',
    ]);
  });
});

describe('whatever comes', () => {
  const channels = [
    trunk,
    p101,
    p102,
    one('20', 'Local/1@x-01;1'),
    one('21', 'Local/1@x-01;2'),
    one('inlet-1', 'PJSIP/7-1'),
  ];
  const any = fc.constantFrom(...channels);
  const anyEvent = fc.oneof(
    fc.tuple(any, fc.constantFrom('Ring', 'Up')).map(([made, state]) => created({ ...made, state })),
    fc
      .tuple(fc.option(any, { nil: undefined }), any, fc.constantFrom('', 'ANSWER', 'CANCEL', 'constructor'))
      .map(([caller, peer, status]) => dial(caller, peer, status, '79990001122@trunk')),
    any.map(destroyed),
    fc.tuple(any, any).map(([transferer_first_leg, transfer_target]) => ({
      type: 'BridgeAttendedTransfer',
      transferer_first_leg,
      transfer_target,
      result: 'Success',
    })),
    any.map((member) => ({ type: 'ChannelEnteredBridge', channel: member, bridge: { id: 'b' } })),
    fc.json().map((text) => ({ type: 'Dial', peer: JSON.parse(text) as unknown, channel: text })),
  );

  it('nothing is kept of calls whose channels are gone, and no event breaks the reading', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        told(events);
        const book = openBook(5);
        for (const event of events) note(book, event as never);
        for (const member of channels) note(book, destroyed(member) as never);
        expect([...book.calls, ...book.members, ...book.dialled, ...book.pairs, ...book.bridges]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

const CALL: Dial = { idempotencyKey: 'b2c7', from: { extension: '101' }, to: '+79990001122' };

function answering(status: number, body: BodyInit | null = '{}') {
  const asked: { url: string; method: string | undefined; headers: Headers; body: unknown }[] = [];
  const fetch = (async (url: string, init: RequestInit = {}) => {
    const json = typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    asked.push({ url, method: init.method, headers: new Headers(init.headers), body: json });
    return new Response(body, { status });
  }) as typeof globalThis.fetch;
  return { asked, tools: toolsFor({ fetch }) };
}
const signal = AbortSignal.timeout(10_000);

describe('click-to-call', () => {
  it('rings the extension, then sends it into the dialplan with the number of the client', async () => {
    const { asked, tools } = answering(200);
    expect(await asterisk.dial!(CALL, endpointWith(), tools, signal)).toEqual({ callId: 'inlet-b2c7' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ url: 'http://192.0.2.5:8088/ari/channels', method: 'POST' });
    expect(asked[0]?.headers.get('authorization')).toBe(`Basic ${btoa('inlet:example-ari-password')}`);
    expect(asked[0]?.body).toEqual({
      endpoint: 'PJSIP/101',
      extension: '79990001122',
      context: 'from-internal',
      priority: 1,
      callerId: '+79990001122',
      timeout: 25,
      channelId: 'inlet-b2c7',
    });
  });

  it.each([
    [{ asteriskNumbers: 'plus' }, { extension: '101' }, 'PJSIP/101', '+79990001122'],
    [
      { asteriskNumbers: 'eight' },
      { extension: '101', dial: '+79990002233' },
      'Local/89990002233@from-internal/n',
      '89990001122',
    ],
    [{ asteriskPhone: 'SIP/{extension}' }, { extension: '7' }, 'SIP/7', '79990001122'],
  ])('with %j', async (settings, from, phone, extension) => {
    const { asked, tools } = answering(200);
    await asterisk.dial!({ ...CALL, from }, endpointWith(settings), tools, signal);
    expect(asked[0]?.body).toMatchObject({ endpoint: phone, extension });
  });

  it('refuses what is no number, and says what Asterisk refused', async () => {
    const { asked, tools } = answering(200);
    for (const extension of ['101&PJSIP/102', 'Local/1@ctx', '101@evil', '', '1 0'])
      await expect(
        asterisk.dial!({ ...CALL, from: { extension } }, endpointWith(), tools, signal),
      ).rejects.toBeInstanceOf(Refused);
    expect(asked).toEqual([]);
    for (const status of [400, 401, 403, 404, 422])
      await expect(asterisk.dial!(CALL, endpointWith(), answering(status).tools, signal)).rejects.toBeInstanceOf(
        Refused,
      );
    const unknown = await asterisk.dial!(CALL, endpointWith(), answering(500).tools, signal).catch(
      (error: unknown) => error,
    );
    expect(unknown).toBeInstanceOf(Error);
    expect(unknown).not.toBeInstanceOf(Refused);
    expect(await asterisk.dial!(CALL, endpointWith(), answering(409).tools, signal)).toEqual({ callId: 'inlet-b2c7' });
  });
});

describe('recordings', () => {
  const file = { name: 'call-1.wav', ref: { recording: '2025/call 1' } };

  it('are fetched from the PBX of the settings', async () => {
    const { asked, tools } = answering(200, 'RIFF');
    const endpoint = endpointWith({ asteriskUrl: 'https://pbx.example.com:8089/prefix/ari/' });
    expect(Buffer.from(await asterisk.fetch!(file, endpoint, tools, signal)).toString()).toBe('RIFF');
    expect(asked[0]?.url).toBe('https://pbx.example.com:8089/prefix/ari/recordings/stored/2025%2Fcall%201/file');
    expect(asked[0]?.headers.get('authorization')).toMatch(/^Basic /);
  });

  it('are gone, forbidden, or come later', async () => {
    const of = (status: number) => asterisk.fetch!(file, endpointWith(), answering(status).tools, signal);
    await expect(of(404)).rejects.toBeInstanceOf(Refused);
    await expect(of(403)).rejects.toBeInstanceOf(Refused);
    await expect(of(302)).rejects.toBeInstanceOf(Later);
    await expect(of(500)).rejects.toBeInstanceOf(Later);
    const odd = { name: 'x', ref: { recording: 'a\u0000b' } };
    await expect(asterisk.fetch!(odd, endpointWith(), answering(200).tools, signal)).rejects.toBeInstanceOf(Refused);
  });
});
