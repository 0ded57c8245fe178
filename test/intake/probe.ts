/** A channel that does what its body says, and whose parser a test may swap, as an update does. */
import { z } from 'zod';
import { type Channel, defineChannel, type InboundEvent } from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';

export interface Said {
  readonly phone?: string;
  readonly email?: string;
  readonly eventId?: string;
  readonly suspect?: string;
  readonly text?: string;
  /** The parser has a bug. */
  readonly bug?: string;
  readonly malformed?: string;
  /** The parser returns what the database refuses. */
  readonly refused?: boolean;
  readonly ignored?: string;
  readonly events?: readonly Said[];
}

export interface Probe {
  readonly channel: Channel;
  parse: (said: Said) => ReturnType<Channel['parse']>;
}

export function toEvent(said: Said): InboundEvent {
  const { phone, email, eventId, suspect, text } = said;
  return {
    kind: (said.refused === true ? 'no-such-kind' : 'form') as 'form',
    direction: 'inbound',
    sender: {
      identities: [
        ...(phone === undefined ? [] : [{ kind: 'phone', value: phone, trust: 'claimed' } as const]),
        ...(email === undefined ? [] : [{ kind: 'email', value: email, trust: 'claimed' } as const]),
      ],
    },
    ...(text === undefined ? {} : { text }),
    ...(eventId === undefined ? {} : { eventId }),
    ...(suspect === undefined ? {} : { suspect }),
  };
}

export function readSaid(said: Said): ReturnType<Channel['parse']> {
  if (said.bug !== undefined)
    throw new Error(`cannot read ${said.bug}`, { cause: new TypeError(`inner ${said.bug}`) });
  if (said.malformed !== undefined) throw new Malformed(said.malformed);
  if (said.ignored !== undefined) return { ignored: said.ignored };
  return (said.events ?? [said]).map(toEvent);
}

export function openProbe(): Probe {
  const probe: Probe = {
    channel: defineChannel({
      id: 'probe',
      title: { en: 'Probe', ru: 'Проба' },
      settings: z.object({}),
      capabilities: { receives: ['form'], maxBodyBytes: 1_000_000 },
      verify: () => ({}),
      parse: (request) => probe.parse(JSON.parse(Buffer.from(request.body).toString()) as Said),
    }),
    parse: readSaid,
  };
  return probe;
}
