import type {
  AuthenticationCreds,
  AuthenticationState,
  SignalDataSet,
  SignalDataTypeMap,
} from '@whiskeysockets/baileys';
import type { ListenTools } from '../../src/channel.ts';
import type { Baileys } from './connect.ts';

type State = ListenTools['state'];

export interface Auth {
  readonly state: AuthenticationState;
  /** Merges a partial update and saves the whole, one save at a time: the last wins. */
  readonly update: (changes: Partial<AuthenticationCreds>) => void;
  /** Resolves when what was merged so far is durable; rejects if it cannot be saved. */
  readonly saved: () => Promise<void>;
  /** Nothing is written once it resolves: a late write of an ended socket must not survive a log-out. */
  readonly close: () => Promise<void>;
}

const CREDS = 'creds';
const nameOf = (type: string, id: string): string => `key:${type}:${id}`;
const RETRY_MS = 2000;

/**
 * The device's account and its Signal keys in the endpoint's state, sealed by the house. Plain JSON would turn bytes
 * into `{"0": 1, ...}`, hence BufferJSON. Kinds of keys are not listed here: new ones appear with each version.
 */
export async function loadAuth(library: Baileys, state: State, onSaveError: () => void): Promise<Auth> {
  const { BufferJSON, initAuthCreds, proto } = library;
  const write = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer);
  const read = (text: string): unknown => JSON.parse(text, BufferJSON.reviver);
  const stored = (await state.get([CREDS]))[CREDS];
  const creds = stored === undefined ? initAuthCreds() : (read(stored) as AuthenticationCreds);

  const get = async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
    const found: { [id: string]: SignalDataTypeMap[T] } = {};
    if (ids.length === 0) return found;
    const values = await state.get(ids.map((id) => nameOf(type, id)));
    for (const id of ids) {
      const text = values[nameOf(type, id)];
      if (text === undefined) continue;
      const value = read(text);
      found[id] = (
        type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value as object) : value
      ) as SignalDataTypeMap[T];
    }
    return found;
  };

  const turns = makeTurns();
  const set = (data: SignalDataSet): Promise<void> => {
    const changes: Record<string, string | null> = {};
    for (const [type, entries] of Object.entries(data))
      for (const [id, value] of Object.entries(entries ?? {}))
        changes[nameOf(type, id)] = value === null || value === undefined ? null : write(value);
    return turns.take(() => state.set(changes));
  };
  return {
    state: { creds, keys: { get, set } },
    ...keepSaved(creds, turns, () => state.set({ [CREDS]: write(creds) }), onSaveError),
    close: turns.close,
  };
}

type Turns = ReturnType<typeof makeTurns>;

/** The library locks by kind and by chat; writes of different locks that meet here keep their order. */
function makeTurns() {
  let last: Promise<void> = Promise.resolve();
  let closed = false;
  return {
    isClosed: () => closed,
    take: (work: () => Promise<void>): Promise<void> => {
      const turn = last
        .catch(() => undefined)
        .then(() => {
          if (closed) throw new Error('this account is closed');
          return work();
        });
      last = turn;
      return turn;
    },
    close: async (): Promise<void> => {
      closed = true;
      await last.catch(() => undefined);
    },
  };
}

function keepSaved(
  creds: AuthenticationCreds,
  turns: Turns,
  save: () => Promise<void>,
  onError: () => void,
): Pick<Auth, 'update' | 'saved'> {
  let dirty = false;
  const saved = (): Promise<void> =>
    turns.take(async () => {
      if (!dirty) return;
      dirty = false;
      await save().catch((error: unknown) => {
        dirty = true;
        throw error;
      });
    });
  const again = (): void => {
    saved().catch(() => {
      if (turns.isClosed()) return;
      onError();
      // After a pairing this is the only copy: it is tried again until the listener ends.
      setTimeout(() => dirty && again(), RETRY_MS).unref();
    });
  };
  return {
    update: (changes) => {
      Object.assign(creds, changes);
      dirty = true;
      again();
    },
    saved,
  };
}

/**
 * Asking for a pairing code already writes `creds.me`. If nobody types the code in, the next connection would log in as
 * that unpaired device and be told 401.
 */
export function dropHalfPairing(creds: AuthenticationCreds): void {
  if (creds.me === undefined || creds.account !== undefined || creds.registered) return;
  delete creds.me;
  creds.pairingCode = undefined;
}
