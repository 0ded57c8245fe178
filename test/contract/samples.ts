import { readdirSync, readFileSync } from 'node:fs';
import {
  type Channel,
  type Genuine,
  type InboundRequest,
  isMessage,
  type ParsedEvent,
  type RoutingQuestion,
} from '../../src/channel.ts';
import { Malformed, Rejected } from '../../src/errors.ts';
import { type AnyEndpoint, endpointFor, requestFor, sha256, toolsFor } from './stand-ins.ts';

/**
 * A body is text, a JSON object (`json`), or pieces: text, `{"base64"}` for bytes, `{"file"}` for a file beside the
 * sample, `{"repeat", "times"}` for what is too long to write.
 */
type Piece = string | { base64: string } | { file: string } | { repeat: string; times: number };

interface Sample {
  readonly about: string;
  readonly headers: Record<string, string>;
  readonly body?: string | readonly Piece[];
  readonly json?: unknown;
  readonly url?: string;
  /** Default: POST. */
  readonly method?: string;
  /** What the clock shows, for signatures that must be fresh. Default: the real time. */
  readonly now?: string;
  readonly settings?: Record<string, unknown>;
  readonly language?: string;
  /** A listener hands it in: there is nothing to verify. */
  readonly heard?: true;
}

export interface Outcome {
  readonly rejected?: { status: number; message: string; fields?: Readonly<Record<string, string>> };
  readonly repeatKey?: string;
  readonly answer?: unknown;
  /** A question while it rings, with what would be answered to nobody, to one person and to two. */
  readonly asks?: unknown;
  readonly events?: unknown;
  readonly ignored?: string;
  readonly malformed?: string;
}

export interface Pair {
  readonly name: string;
  readonly about: string;
  readonly request: InboundRequest;
  readonly endpoint: AnyEndpoint;
  readonly now?: Date;
  readonly heard?: true;
  readonly expected: Outcome;
}

const folder = (channel: Channel): URL => new URL(`../../channels/${channel.id}/samples/`, import.meta.url);

export function readSamples(channel: Channel): Pair[] {
  const at = folder(channel);
  const names = readdirSync(at)
    .filter((file) => file.endsWith('.request.json'))
    .map((file) => file.slice(0, -'.request.json'.length))
    .sort();
  return names.map((name) => {
    const sample = JSON.parse(readFileSync(new URL(`${name}.request.json`, at), 'utf8')) as Sample;
    const expected = JSON.parse(readFileSync(new URL(`${name}.expected.json`, at), 'utf8')) as Outcome;
    const request = requestFor(channel, {
      headers: sample.headers,
      body: bodyOf(at, sample.json === undefined ? (sample.body ?? '') : JSON.stringify(sample.json)),
      ...(sample.url === undefined ? {} : { url: sample.url }),
      ...(sample.method === undefined ? {} : { method: sample.method }),
    });
    return {
      name,
      about: sample.about,
      request,
      endpoint: endpointFor(channel, sample.settings, sample.language),
      ...(sample.now === undefined ? {} : { now: new Date(sample.now) }),
      ...(sample.heard === undefined ? {} : { heard: sample.heard }),
      expected,
    };
  });
}

function bodyOf(at: URL, body: string | readonly Piece[]): Uint8Array {
  const pieces = typeof body === 'string' ? [body] : body;
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece, 'utf8');
      if ('file' in piece) return readFileSync(new URL(piece.file, at));
      if ('base64' in piece) return Buffer.from(piece.base64, 'base64');
      return Buffer.from(piece.repeat.repeat(piece.times), 'utf8');
    }),
  );
}

/** What the channel makes of a request, as the expected files write it down. */
export async function outcomeOf(
  channel: Channel,
  { request, endpoint, now, heard }: Pick<Pair, 'request' | 'endpoint' | 'now' | 'heard'>,
): Promise<Outcome> {
  let genuine: Genuine = {};
  try {
    const tools = toolsFor(now === undefined ? {} : { now: () => now });
    if (heard !== true) genuine = (await channel.verify?.(request, endpoint, tools)) ?? {};
    if (genuine.asks !== undefined) genuine = { ...genuine, asks: asked(genuine.asks) as RoutingQuestion };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const { status, message, fields } = error;
    return plain({ rejected: { status, message, fields } });
  }
  try {
    const parsed = await channel.parse(request, endpoint);
    return plain({ ...genuine, ...('ignored' in parsed ? parsed : { events: parsed.map(written) }) });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return plain({ ...genuine, malformed: error.message });
  }
}

const ONE = { extension: '101' };
const OTHER = { extension: '102', dial: '+79990002233' };

const asked = ({ reply, command, ...question }: RoutingQuestion): unknown => ({
  ...question,
  commands: command !== undefined,
  replies: {
    nobody: reply(undefined),
    one: reply({ targets: [ONE] }),
    two: reply({ targets: [OTHER, ONE] }),
  },
});

/** Files by their hash. */
const written = (event: ParsedEvent): unknown =>
  isMessage(event)
    ? {
        ...event,
        attachments: event.attachments?.map(({ name, mediaType, bytes }) => ({
          name,
          mediaType,
          size: bytes.length,
          sha256: sha256(bytes),
        })),
      }
    : event;

const plain = (value: unknown): Outcome => JSON.parse(JSON.stringify(value)) as Outcome;
