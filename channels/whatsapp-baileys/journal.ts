import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type {
  BinaryNode,
  proto,
  SignalDataSet,
  SignalKeyStoreWithTransaction,
  UserFacingSocketConfig,
} from '@whiskeysockets/baileys';
import type { Auth } from './auth-state.ts';
import type { Baileys } from './connect.ts';
import { readJid } from './jid.ts';

/**
 * Signal's keys move on with each message: what was decrypted once can never be decrypted again. So the text is written
 * in the very transaction that moves the keys, and wiped once the house has the message. A process that dies in between
 * finds it at its next start; and when WhatsApp delivers the same ciphertext again, the text is taken from here, where
 * the library would answer "key used already" and drop the message without a word.
 */
export interface Journal {
  /** Every node from the server, before the library reads it: who wrote stands there, not in the ciphertext. */
  readonly see: (node: unknown) => void;
  readonly makeSignalRepository: NonNullable<UserFacingSocketConfig['makeSignalRepository']>;
  /** What a process before this one decrypted and did not hand over. */
  readonly left: () => { readonly attrs: Attrs; readonly message: proto.IMessage }[];
  /** The house has this message. */
  readonly done: (chat: string, id: string) => void;
  /** Wipes what is done. */
  readonly flush: () => Promise<void>;
}

type Attrs = Readonly<Record<string, string>>;

interface Entry {
  readonly hash: string;
  readonly attrs: Attrs;
  readonly plain: Uint8Array;
}

/** More than can be between decryption and insert at once: messages are decrypted one at a time. */
const SLOTS = 200;
const WIPE_AFTER_MS = 1000;
/** A kind of key of our own, in the same store and the same transactions. */
const KIND = 'inlet-journal';

export async function openJournal(library: Baileys, auth: Auth): Promise<Journal> {
  const slots = await openSlots(auth);
  const stanzas = new WeakMap<object, Attrs>();
  return {
    see: (node) => {
      for (const { content, attrs } of ciphertextsOf(node)) stanzas.set(content, attrs);
    },
    makeSignalRepository: makeJournaled(library, slots, stanzas),
    left: () => {
      const found = new Map<string, { attrs: Attrs; message: proto.IMessage }>();
      for (const { attrs, plain } of slots.left()) {
        const name = nameOf(attrs);
        const message = readPlain(library, plain);
        if (message !== undefined) found.set(name, { attrs, message: { ...found.get(name)?.message, ...message } });
      }
      return [...found.values()];
    },
    done: slots.done,
    flush: slots.flush,
  };
}

type Slots = Awaited<ReturnType<typeof openSlots>>;

/** A fixed number of places: the store cannot list its names, so they have to be known. */
async function openSlots({ state: { keys } }: Auth) {
  const slots = Array.from({ length: SLOTS }, (_, index) => String(index));
  const stored = (await keys.get(KIND as 'session', slots)) as unknown as Readonly<Record<string, Entry>>;
  const used = new Map<string, Entry>(Object.entries(stored));
  const free = slots.filter((slot) => !used.has(slot));
  const doneSlots = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const wiped = [...doneSlots];
    if (wiped.length === 0) return;
    await keys.set(dataOf(Object.fromEntries(wiped.map((slot) => [slot, null]))));
    for (const slot of wiped) {
      doneSlots.delete(slot);
      used.delete(slot);
      free.push(slot);
    }
  };
  return {
    find: (hash: string): Uint8Array | undefined => [...used.values()].find((entry) => entry.hash === hash)?.plain,
    /** `undefined` where no slot is free: the message then goes the library's usual way. */
    reserve: (entry: Entry): SignalDataSet | undefined => {
      const slot = free.pop();
      if (slot === undefined) return undefined;
      used.set(slot, entry);
      return dataOf({ [slot]: entry });
    },
    left: (): Entry[] => [...used].filter(([slot]) => !doneSlots.has(slot)).map(([, entry]) => entry),
    done: (chat: string, id: string): void => {
      const name = `${readJid(chat)?.text}:${id}`;
      for (const [slot, entry] of used) if (nameOf(entry.attrs) === name) doneSlots.add(slot);
      if (doneSlots.size > 0) timer ??= setTimeout(() => void flush().catch(() => undefined), WIPE_AFTER_MS).unref();
    },
    flush,
  };
}

/** Another sender may have chosen the same id. Stanzas of our own phone name the chat as their recipient. */
const nameOf = ({ recipient, from, id }: Attrs): string => `${readJid(recipient ?? from)?.text}:${id}`;

function makeJournaled(
  library: Baileys,
  slots: Slots,
  stanzas: WeakMap<object, Attrs>,
): Journal['makeSignalRepository'] {
  const decrypting = new AsyncLocalStorage<Uint8Array>();
  return ({ creds, keys }, logger, toLids) => {
    const own = keys as SignalKeyStoreWithTransaction;
    const transaction: SignalKeyStoreWithTransaction['transaction'] = (work, key) =>
      own.transaction(async () => {
        const result = await work();
        const ciphertext = decrypting.getStore();
        const attrs = ciphertext === undefined ? undefined : stanzas.get(ciphertext);
        if (ciphertext === undefined || attrs === undefined || !(result instanceof Uint8Array)) return result;
        const entry = slots.reserve({ hash: hashOf(ciphertext), attrs, plain: result });
        if (entry !== undefined) await own.set(entry);
        return result;
      }, key);
    const watched = { ...own, transaction } as typeof own;
    const { makeSignalRepository } = library.DEFAULT_CONNECTION_CONFIG;
    const repository = makeSignalRepository({ creds, keys: watched }, logger, toLids);
    const decrypt = repository.decryptMessage.bind(repository);
    return Object.assign(repository, {
      decryptMessage: (options: Parameters<typeof decrypt>[0]) => {
        const kept = slots.find(hashOf(options.ciphertext));
        if (kept !== undefined) return Promise.resolve(kept);
        return decrypting.run(options.ciphertext, () => decrypt(options));
      },
    });
  };
}

/** The library's type lists its own kinds; its store takes any. */
const dataOf = (entries: Readonly<Record<string, Entry | null>>): SignalDataSet =>
  ({ [KIND]: entries }) as unknown as SignalDataSet;

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** Of messages between people. What our own phone sends to its devices (`peer`) is no message. */
function ciphertextsOf(node: unknown): { content: Uint8Array; attrs: Attrs }[] {
  const { tag, attrs, content } = node as Partial<BinaryNode>;
  if (tag !== 'message' || attrs === undefined || attrs.category === 'peer' || !Array.isArray(content)) return [];
  return content.flatMap((child) =>
    child.tag === 'enc' && child.content instanceof Uint8Array ? [{ content: child.content, attrs }] : [],
  );
}

/** `undefined` for bytes that are no message: whoever encrypted them chose them. */
function readPlain(library: Baileys, plain: Uint8Array): proto.IMessage | undefined {
  try {
    const message = library.proto.Message.decode(library.unpadRandomMax16(plain));
    return message.deviceSentMessage?.message ?? message;
  } catch {
    return undefined;
  }
}
