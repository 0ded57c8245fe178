import type { EndpointContext, ListenTools } from '../../src/channel.ts';
import { type Ended, runAttempt } from './attempt.ts';
import { type Auth, loadAuth } from './auth-state.ts';
import { type Baileys, type MakeSocket, makeConfig, type Socket } from './connect.ts';
import { lookUpPair, toItems } from './heard.ts';
import { type Intake, openIntake, sleep } from './intake.ts';
import { type Journal, openJournal } from './journal.ts';
import { makePaced, makeRecent } from './live.ts';
import { judge, type Verdict } from './policy.ts';
import { isNone } from './read.ts';
import { openSentStore } from './sent-store.ts';
import { type BaileysSettings, MAX_BODY_BYTES } from './settings.ts';

export interface SessionDeps {
  readonly library: Baileys;
  readonly makeSocket: MakeSocket;
  readonly endpoint: EndpointContext<BaileysSettings>;
  readonly tools: ListenTools;
  readonly signal: AbortSignal;
}

/** What outlives a single connection. */
interface Standing {
  auth: Auth;
  journal: Journal;
  socket: Socket | undefined;
  /** The account, while it is connected. */
  as: string | undefined;
  /** Connections in a row that never got open. */
  failures: number;
  /** Attempts in a row that showed a code which nobody used. */
  unscanned: number;
}

/** About an hour of codes that nobody scans; after that the account is not worth knocking at WhatsApp's door for. */
const MAX_UNSCANNED = 20;
const MAX_HELD = 10_000;

/** Connects until the signal aborts or a person is needed. Baileys never reconnects: each attempt is a new socket. */
export async function runSession(deps: SessionDeps): Promise<void> {
  const { library, endpoint, tools, signal } = deps;
  const auth = await openAuth(deps);
  const journal = await openJournal(library, auth);
  const standing: Standing = { auth, journal, socket: undefined, as: undefined, failures: 0, unscanned: 0 };
  const intake = openHouseDoor(deps, standing);
  const sent = openSentStore(library, tools.state);
  const getConfig = makeConfig(library, endpoint.settings, async ({ id }) => (isNone(id) ? undefined : sent.find(id)));
  const shared = { ...deps, intake, sent, recent: makeRecent(), paced: makePaced() };
  try {
    await intake.restore();
    while (!signal.aborted) {
      // A full memory waits for the database before it lets WhatsApp hand over more.
      await intake.drained();
      if (signal.aborted) break;
      takeLeft(deps, standing, intake);
      tools.report({ state: 'connecting' });
      const ended = await runAttempt({
        ...shared,
        auth: standing.auth,
        journal: standing.journal,
        config: getConfig(standing.auth.state, standing.journal),
        onSocket: (socket) => {
          standing.socket = socket;
        },
        onOpen: (as) => {
          standing.as = as;
        },
      });
      if (signal.aborted) break;
      const verdict = count(standing, ended, tools);
      if (!(await obey(verdict, deps, standing))) break;
    }
  } finally {
    await intake.close();
    await standing.journal.flush().catch(() => tools.log('not-saved'));
    await standing.auth.saved().catch(() => tools.log('not-saved'));
    await standing.auth.close();
  }
}

const openAuth = ({ library, tools }: SessionDeps): Promise<Auth> =>
  loadAuth(library, tools.state, () => tools.log('not-saved'));

function openHouseDoor({ tools, signal }: SessionDeps, standing: Standing): Intake {
  return openIntake({
    tools,
    signal,
    maxBytes: MAX_BODY_BYTES,
    maxHeld: MAX_HELD,
    lookUp: (address) => lookUpPair(async (ids) => standing.auth.state.keys.get('lid-mapping', ids), address),
    onAccepted: ({ written }) => written !== undefined && standing.journal.done(written.chat, written.id),
    onFull: () => void standing.socket?.end(undefined),
    onHolding: (held) =>
      tools.report({
        state: 'waiting',
        detail: `The database takes no messages; ${held} are held in memory until it does.`,
      }),
    onDrained: () =>
      tools.report(standing.as === undefined ? { state: 'connecting' } : { state: 'connected', as: standing.as }),
  });
}

/** What was decrypted before a crash or a break of the line, and never came out of the library. */
function takeLeft({ library, endpoint, tools }: SessionDeps, { auth, journal }: Standing, intake: Intake): void {
  const { me } = auth.state.creds;
  const left = me === undefined ? [] : journal.left();
  if (me === undefined || left.length === 0) return;
  tools.log('recovered', { messages: left.length });
  const messages = left.flatMap(({ attrs, message }) => {
    try {
      const { fullMessage } = library.decodeMessageNode({ tag: 'message', attrs: { ...attrs } }, me.id, me.lid ?? '');
      return [{ ...fullMessage, message }];
    } catch {
      // The library would not have handed it over either.
      tools.log('unreadable');
      return [];
    }
  });
  const hearing = { library, me: () => me, takeHistory: endpoint.settings.takeHistory };
  for (const item of toItems({ name: 'messages.upsert', data: { messages, type: 'append' } }, hearing))
    void intake.take(item);
}

function count(standing: Standing, ended: Ended, tools: ListenTools): Verdict {
  standing.socket = undefined;
  standing.as = undefined;
  // A code that was shown means that WhatsApp is there.
  standing.failures = ended.opened || ended.showedCode ? 0 : standing.failures + 1;
  standing.unscanned = ended.showedCode && !ended.paired ? standing.unscanned + 1 : 0;
  const verdict: Verdict =
    standing.unscanned > MAX_UNSCANNED
      ? { next: 'stop', words: 'Nobody paired the phone. Switch this endpoint off and on for a new code.' }
      : judge(ended.code, Math.max(0, standing.failures - 1), Math.random());
  tools.log('closed', { code: ended.code ?? 0, next: verdict.next, failures: standing.failures });
  return verdict;
}

/** @returns whether to go on */
async function obey(verdict: Verdict, deps: SessionDeps, standing: Standing): Promise<boolean> {
  const { tools, signal } = deps;
  if (verdict.next === 'stop') {
    tools.report({ state: 'needs-human', detail: verdict.words });
    return false;
  }
  if (verdict.next === 'pair-again') {
    await standing.auth.close();
    await tools.state.clear();
    standing.auth = await openAuth(deps);
    standing.journal = await openJournal(deps.library, standing.auth);
    tools.report({ state: 'needs-human', detail: verdict.words });
    // An account that is thrown out again and again must not knock every second.
    await sleep(Math.min(60_000, 1000 * 2 ** standing.failures), signal);
    return true;
  }
  const { afterMs, needsHuman, words } = verdict;
  if (afterMs > 0)
    tools.report({
      state: needsHuman === true ? 'needs-human' : 'waiting',
      detail: words ?? 'The connection to WhatsApp was closed.',
      retryAt: new Date(Date.now() + afterMs),
    });
  await sleep(afterMs, signal);
  return true;
}
