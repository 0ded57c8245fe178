/**
 * A messenger whose other side is an object in the test's hands: what it was given, how it answers the next call, the
 * files that it keeps, who listens to it. A delivery's body is a JSON list of `ParsedEvent`, with dates as text.
 */
import { z } from 'zod';
import {
  type Channel,
  defineChannel,
  type EndpointContext,
  type InboundEvent,
  type ListenTools,
  type Outbound,
  type ParsedEvent,
  type Sends,
  type Sent,
} from '../../src/channel.ts';
import { Refused } from '../../src/errors.ts';

export type Behave = (message: Outbound, nth: number, signal: AbortSignal) => Promise<Sent> | Sent;

export interface Session {
  readonly endpoint: EndpointContext<unknown>;
  readonly tools: ListenTools;
  readonly signal: AbortSignal;
  /** Ends the session as a broken connection does. */
  readonly fail: (error: unknown) => void;
  /** Ends the session as if there were nothing more to do. */
  readonly resolve: () => void;
}

export interface Chat {
  readonly channel: Channel;
  /** Every call of `send`, in order. */
  readonly calls: Outbound[];
  /** What the next calls of `send` do; `undefined` (also after the list has run out): it arrives. */
  readonly next: (Behave | undefined)[];
  readonly files: Map<string, Uint8Array | Error>;
  fetches: number;
  /** Sessions of `listen` that have not ended. */
  readonly sessions: Session[];
  started: number;
  /** Called at the beginning of each session. */
  onListen: (session: Session) => void;
}

/** The provider's own id of the nth message that it took. */
export const providerId = (nth: number): string => `out-${nth}`;

const settings = z.object({
  token: z.string().default('').meta({ title: 'Token', secret: true }),
  templates: z
    .array(z.object({ name: z.string(), language: z.string(), text: z.string() }))
    .default([])
    .meta({ title: 'Templates' }),
});

const SENDS: Sends = {
  maxTextChars: 100,
  files: { maxCount: 2, maxBytes: 1000 },
  quotes: true,
  subject: false,
  repeatable: false,
  templatesSetting: 'templates',
};

export const MAX_FILE_BYTES = 2000;

export function openChat(id = 'chat', sends: Partial<Sends> = {}): Chat {
  const chat: Chat = {
    channel: defineChannel({
      id,
      title: { en: 'Chat', ru: 'Чат' },
      settings,
      capabilities: {
        receives: ['text'],
        maxBodyBytes: 1_000_000,
        sends: { ...SENDS, ...sends },
        fetches: { maxBytes: MAX_FILE_BYTES },
      },
      verify: (request) => {
        const key = request.headers['x-repeat-key'];
        return key === undefined ? {} : { repeatKey: key };
      },
      parse: (request) => readEvents(Buffer.from(request.body).toString()),
      listen: (endpoint, tools, signal) => listen(chat, endpoint, tools, signal),
      send: async (message, _endpoint, _tools, signal) => {
        chat.calls.push(message);
        const nth = chat.calls.length;
        return (await chat.next.shift()?.(message, nth, signal)) ?? { providerId: providerId(nth) };
      },
      fetch: (file) => {
        chat.fetches += 1;
        const found = chat.files.get(String(file.ref.id));
        if (found === undefined) throw new Refused('The file is not there any more.');
        if (found instanceof Error) throw found;
        return Promise.resolve(found);
      },
    }) as unknown as Channel,
    calls: [],
    next: [],
    files: new Map(),
    fetches: 0,
    sessions: [],
    started: 0,
    onListen: ({ tools }) => tools.report({ state: 'connected', as: '@chat' }),
  };
  return chat;
}

function listen(
  chat: Chat,
  endpoint: EndpointContext<unknown>,
  tools: ListenTools,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => void chat.sessions.splice(chat.sessions.indexOf(session), 1);
    const session: Session = {
      endpoint,
      tools,
      signal,
      fail: (error) => {
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
      resolve: () => {
        end();
        resolve();
      },
    };
    signal.addEventListener('abort', session.resolve, { once: true });
    chat.started += 1;
    chat.sessions.push(session);
    chat.onListen(session);
  });
}

function readEvents(body: string): ParsedEvent[] {
  return JSON.parse(body, (name, value: unknown) =>
    /^(?:at|\w+At)$/.test(name) && typeof value === 'string' ? new Date(value) : value,
  ) as ParsedEvent[];
}

type More = Partial<Omit<InboundEvent, 'kind'>>;

/** Somebody writes: `who` is their id in the messenger. */
export function says(who: string, text: string, more: More = {}): InboundEvent {
  return {
    kind: 'text',
    direction: 'inbound',
    sender: { identities: [{ kind: 'chatter', value: who, trust: 'attested' }] },
    text,
    reach: { chat: who },
    ...more,
  };
}

/** One of us writes on the phone, to `who`. */
export const writesFromPhone = (who: string, text: string, more: More = {}): InboundEvent =>
  says(who, text, { direction: 'outbound', ...more });
