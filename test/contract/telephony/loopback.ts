import type { OpenLoopback } from '../loopback.ts';
import { bytes } from '../stand-ins.ts';
import { LOGIN, openAri } from './fake-ari.ts';

/** A PBX of one's own: the only provider so far that is listened to. */
export const openTelephony: OpenLoopback = async () => {
  const ari = await openAri();
  const recording = bytes('RIFF, then a conversation');
  ari.recordings.set('2025/call one', recording);
  const file = (name: string) => ({ name: `${name}.wav`, mediaType: 'audio/wav', ref: { recording: name } });
  let calls = 0;
  return {
    settings: { provider: 'asterisk', asteriskUrl: ari.root, ...LOGIN },
    to: {},
    got: () => [],
    misbehave: () => undefined,
    files: { here: file('2025/call one'), bytes: recording, gone: file('another') },
    // Somebody of that name calls, and goes on ringing: Asterisk keeps nothing of what is over.
    arrive: async (text) => {
      calls += 1;
      const channel = {
        id: `173857320${calls}.${calls}`,
        name: `PJSIP/trunk-0000000${calls}`,
        state: 'Ring',
        caller: { name: text, number: '79990001122' },
        dialplan: { context: 'from-trunk', exten: '74950000000' },
        creationtime: '2025-02-03T12:00:00.000+0300',
      };
      ari.channels.push(channel);
      ari.tell({ type: 'ChannelCreated', timestamp: channel.creationtime, channel });
    },
    carries: ({ body }, text) =>
      (JSON.parse(new TextDecoder().decode(body)) as { inlet: { name?: string } }).inlet.name === text,
    drop: async () => ari.drop(),
    close: ari.close,
  };
};
