import type { BaileysEventMap, ConnectionState, UserFacingSocketConfig } from '@whiskeysockets/baileys';
import { type Auth, dropHalfPairing } from './auth-state.ts';
import type { Socket } from './connect.ts';
import { type Emitted, toItems } from './heard.ts';
import type { Intake } from './intake.ts';
import { readJid } from './jid.ts';
import type { Journal } from './journal.ts';
import { type Live, liveSessions, type makeRecent } from './live.ts';
import { codeOf } from './policy.ts';
import { isNone } from './read.ts';
import type { SentStore } from './sent-store.ts';
import type { SessionDeps } from './session.ts';

export interface Attempt extends SessionDeps {
  readonly auth: Auth;
  readonly config: UserFacingSocketConfig;
  readonly intake: Intake;
  readonly journal: Journal;
  readonly sent: SentStore;
  readonly recent: ReturnType<typeof makeRecent>;
  readonly paced: Live['paced'];
  readonly onSocket: (socket: Socket) => void;
  readonly onOpen: (as: string | undefined) => void;
}

export interface Ended {
  readonly code: number | undefined;
  readonly opened: boolean;
  /** A QR or a pairing code was shown. */
  readonly showedCode: boolean;
  readonly paired: boolean;
}

const CLOSE_MS = 3000;

/** One socket, from its making to its end. After the close its emitter is dead: nothing is ever added to it later. */
export async function runAttempt(attempt: Attempt): Promise<Ended> {
  const { auth, endpoint, signal, tools } = attempt;
  let opened = false;
  let showedCode = false;
  let paired = false;
  dropHalfPairing(auth.state.creds);
  const socket = attempt.makeSocket(attempt.config);
  attempt.onSocket(socket);
  const live: Live = { socket, sent: attempt.sent, recent: attempt.recent.find, paced: attempt.paced };
  const closed = new Promise<number | undefined>((resolve) => {
    hear(socket, attempt);
    socket.ws.on('frame', attempt.journal.see);
    // The library's own merge comes first; this one saves the whole.
    socket.ev.on('creds.update', auth.update);
    socket.ev.on('connection.update', (update) => {
      if (update.qr !== undefined) {
        void showCode(attempt, socket, update.qr, showedCode);
        showedCode = true;
      }
      if (update.isNewLogin === true) paired = true;
      if (update.reachoutTimeLock?.isActive === true) reportLock(attempt, socket, update.reachoutTimeLock);
      if (update.connection === 'open') {
        opened = true;
        liveSessions.set(endpoint.id, live);
        const as = accountOf(socket);
        attempt.onOpen(as);
        tools.report({ state: 'connected', ...(as === undefined ? {} : { as }) });
      }
      if (update.connection === 'close') resolve(codeOf(update.lastDisconnect?.error));
    });
  });
  const stopped = new Promise<undefined>((resolve) => {
    const stop = (): void => {
      void socket.end(undefined);
      // `end` waits for the other side to close too.
      setTimeout(() => resolve(undefined), CLOSE_MS);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    void closed.then(() => signal.removeEventListener('abort', stop));
  });
  const code = await Promise.race([closed, stopped]);
  if (liveSessions.get(endpoint.id) === live) liveSessions.delete(endpoint.id);
  return { code, opened, showedCode, paired };
}

/**
 * Listens where the library emits, before its event buffer. The buffer holds messages back for up to 30 s at each login
 * although WhatsApp has been told that they were delivered, so a crash would lose them; and it folds a deletion into
 * the message that it deletes, whose text is then gone.
 */
function hear(socket: Socket, attempt: Attempt): void {
  const { auth, endpoint, intake, library, recent, tools } = attempt;
  const hearing = { library, me: () => auth.state.creds.me, takeHistory: endpoint.settings.takeHistory };
  const emit = socket.ev.emit.bind(socket.ev);
  socket.ev.emit = <Name extends keyof BaileysEventMap>(name: Name, data: BaileysEventMap[Name]): boolean => {
    try {
      const items = toItems({ name, data } as Emitted, hearing);
      // History is long and nobody waits for it; everything else is on its way before this returns.
      if (name === 'messaging-history.set') void intake.takeAll(items);
      else for (const item of items) void intake.take(item);
      if (name === 'messages.upsert')
        for (const { key, message } of (data as BaileysEventMap['messages.upsert']).messages)
          if (!isNone(key.id) && !isNone(message)) recent.add(key.id, message);
    } catch (error) {
      // Thrown into the library it would end as an unhandled rejection or skip its own handlers.
      tools.log('not-heard', { event: name, error: error instanceof Error ? error.name : typeof error });
    }
    return emit(name, data);
  };
}

/** The first code of an attempt asks for a pairing code, where that is how the phone is paired. */
async function showCode(
  { auth, endpoint, tools }: Attempt,
  socket: Socket,
  qr: string,
  again: boolean,
): Promise<void> {
  const { pairing, phone } = endpoint.settings;
  if (pairing === 'qr')
    return tools.report({
      state: 'needs-human',
      detail: 'Scan the code: WhatsApp on the phone, Settings, Linked devices, Link a device.',
      pairing: { qr },
    });
  if (again || auth.state.creds.registered) return;
  try {
    const code = await socket.requestPairingCode(phone);
    tools.report({
      state: 'needs-human',
      detail: 'Type the code in: WhatsApp on the phone, Settings, Linked devices, Link with phone number instead.',
      pairing: { code },
    });
  } catch {
    tools.log('no-pairing-code');
    void socket.end(undefined);
  }
}

function accountOf(socket: Socket): string | undefined {
  const own = readJid(socket.user?.id);
  return own?.kind === 'pn' ? `+${own.user}` : undefined;
}

function reportLock({ tools }: Attempt, socket: Socket, lock: NonNullable<ConnectionState['reachoutTimeLock']>): void {
  const as = accountOf(socket);
  const end = lock.timeEnforcementEnds?.toISOString().slice(0, 16).replace('T', ' ');
  const until = end === undefined ? '' : ` until ${end} UTC`;
  tools.report({
    state: 'connected',
    ...(as === undefined ? {} : { as }),
    detail: `WhatsApp lets this number answer only, not write to new people${until}.`,
  });
}
