import type { proto } from '@whiskeysockets/baileys';
import type { ListenTools } from '../../src/channel.ts';
import type { Baileys } from './connect.ts';

/**
 * What we sent, by message id. A recipient's device that could not decrypt a message asks for it again, and without
 * the original it shows "waiting for this message" for ever.
 */
export interface SentStore {
  readonly keep: (id: string, message: proto.IMessage) => Promise<void>;
  readonly find: (id: string) => Promise<proto.IMessage | undefined>;
}

/** Retries come within hours; 500 messages are days of a busy desk. */
const MAX_KEPT = 500;
const INDEX = 'sent-index';
const nameOf = (id: string): string => `sent:${id}`;

export function openSentStore(library: Baileys, state: ListenTools['state']): SentStore {
  const { Message } = library.proto;
  let last: Promise<void> = Promise.resolve();

  const add = async (id: string, message: proto.IMessage): Promise<void> => {
    const bytes = Message.encode(Message.fromObject(message)).finish();
    const index = readIndex((await state.get([INDEX]))[INDEX]).filter((one) => one !== id);
    index.push(id);
    const dropped = index.splice(0, Math.max(0, index.length - MAX_KEPT));
    await state.set({
      ...Object.fromEntries(dropped.map((one) => [nameOf(one), null])),
      [nameOf(id)]: Buffer.from(bytes).toString('base64'),
      [INDEX]: JSON.stringify(index),
    });
  };

  return {
    // One at a time: two that read the same index would lose an entry.
    keep: (id, message) => {
      const next = last.catch(() => undefined).then(() => add(id, message));
      last = next;
      return next;
    },
    find: async (id) => {
      const text = (await state.get([nameOf(id)]))[nameOf(id)];
      return text === undefined ? undefined : Message.decode(Buffer.from(text, 'base64'));
    },
  };
}

function readIndex(text: string | undefined): string[] {
  const value: unknown = text === undefined ? [] : JSON.parse(text);
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
