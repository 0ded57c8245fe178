import type {
  AuthenticationState,
  proto,
  UserFacingSocketConfig,
  WAMessageKey,
  WASocket,
} from '@whiskeysockets/baileys';
import type { Journal } from './journal.ts';
import { isNone } from './read.ts';
import type { BaileysSettings } from './settings.ts';

/** Loaded only where a listener runs: the import alone costs about 65 MB. */
export type Baileys = typeof import('@whiskeysockets/baileys');

/** What this channel uses of the library's socket. */
export type Socket = Pick<
  WASocket,
  'ev' | 'ws' | 'user' | 'sendMessage' | 'waitForMessage' | 'updateMediaMessage' | 'requestPairingCode' | 'end'
>;

export type MakeSocket = (config: UserFacingSocketConfig) => Socket;

/** The one seam: a test's provider puts its own sockets here, as there is no WhatsApp to talk to. */
export const socketFactory: { make: MakeSocket | undefined } = { make: undefined };

let loading: Promise<Baileys> | undefined;

export function loadBaileys(): Promise<Baileys> {
  loading ??= import('@whiskeysockets/baileys').then((library) => {
    muteSignal();
    return library;
  });
  return loading;
}

/** First words of what libsignal 6.0.0 prints with `console`, some of it with whole sessions: private keys included. */
const SIGNAL_SAYS = [
  'Closing session:',
  'Opening session:',
  'Removing old closed session:',
  'Session already ',
  'Closing open session ',
  'Migrating session ',
  'V1 session storage ',
  'Decrypted message with closed session',
  'Failed to decrypt message with any known',
  'Session error:',
  'WARNING: Expected pubkey ',
  'Unhandled bucket type ',
];

function muteSignal(): void {
  for (const level of ['info', 'warn', 'error'] as const) {
    const print = console[level].bind(console);
    console[level] = (...said: unknown[]) => {
      const [first] = said;
      if (typeof first !== 'string' || !SIGNAL_SAYS.some((words) => first.startsWith(words))) print(...said);
    };
  }
}

interface Silent {
  level: string;
  child: () => Silent;
  trace: () => void;
  debug: () => void;
  info: () => void;
  warn: () => void;
  error: () => void;
}

/** The library's log lines carry numbers, keys and texts. */
export const silentLogger: Silent = {
  level: 'silent',
  child: () => silentLogger,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Counts of retries; lost with the process, which costs a few retries more. */
function makeCounters() {
  const MAX = 5000;
  const values = new Map<string, unknown>();
  return {
    get: <T>(key: string): T | undefined => values.get(key) as T | undefined,
    set: <T>(key: string, value: T): void => {
      values.delete(key);
      values.set(key, value);
      if (values.size > MAX) values.delete(values.keys().next().value!);
    },
    del: (key: string): void => void values.delete(key),
    flushAll: (): void => values.clear(),
  };
}

/** One set for all attempts: a reconnect must not forget how often a message was asked for again. */
export function makeConfig(
  library: Baileys,
  settings: BaileysSettings,
  getMessage: (key: WAMessageKey) => Promise<proto.IMessage | undefined>,
): (auth: AuthenticationState, journal: Pick<Journal, 'makeSignalRepository'>) => UserFacingSocketConfig {
  const { HistorySyncType } = library.proto.Message;
  // Mappings of LIDs to numbers come inside the history. Blocking all of it leaves the first contacts without a number,
  // and the library warns of broken sessions; these kinds are small, and `heard.ts` drops their messages.
  const mappingsOnly = [
    HistorySyncType.INITIAL_BOOTSTRAP,
    HistorySyncType.PUSH_NAME,
    HistorySyncType.NON_BLOCKING_DATA,
  ];
  const msgRetryCounterCache = makeCounters();
  return (auth, { makeSignalRepository }) => ({
    auth,
    makeSignalRepository,
    logger: silentLogger,
    ...(settings.webSocketUrl === '' ? {} : { waWebSocketUrl: settings.webSocketUrl }),
    // Online, the phone would stop getting its notifications.
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldSyncHistoryMessage: ({ syncType }) =>
      settings.takeHistory ? syncType !== HistorySyncType.FULL : !isNone(syncType) && mappingsOnly.includes(syncType),
    shouldIgnoreJid: (jid) =>
      /@(?:broadcast|newsletter|bot)$/.test(jid) || (settings.groups === 'ignore' && jid.endsWith('@g.us')),
    // What we send is known from `send`; an echo could overtake its result.
    emitOwnEvents: false,
    generateHighQualityLinkPreview: false,
    msgRetryCounterCache,
    getMessage,
  });
}
