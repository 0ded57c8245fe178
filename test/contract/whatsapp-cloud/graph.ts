/**
 * The Graph API on the loopback: the paths, the access token, the limits and the error codes as Meta documents them
 * (docs of May to August 2026), so that sending and fetching are tested against refusals that really happen.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const TOKEN = 'EAAloopback0123456789';
export const NUMBER = '100200300400500';

type Json = Record<string, unknown>;

interface Media {
  readonly bytes: Buffer;
  readonly type: string;
  readonly name: string;
  gone: boolean;
}

export interface Taken {
  readonly id: string;
  readonly body: Json;
}

/** What the next requests meet instead of the rules; a code is a Graph error. */
export type Trouble = { code: number; status?: number } | { status: number; text: string } | 'lose-answer';

export interface Graph {
  readonly root: string;
  /** Messages that clients got, as they were posted. */
  readonly taken: readonly Taken[];
  readonly media: Map<string, Media>;
  /** Every request: method, path and whether the token came with it. */
  readonly asked: { method: string; path: string; authorized: boolean }[];
  readonly templates: Map<string, number>;
  /** Clients whose last message is more than 24 hours old. */
  readonly closed: Set<string>;
  /** By kind of request, one for each of the next ones; `undefined` lets one pass. */
  readonly troubles: { messages: (Trouble | undefined)[]; media: (Trouble | undefined)[]; look: Trouble[] };
  /** How a media id's address is answered with; changed to play tricks. */
  addressOf: (mediaId: string) => string;
  /** Addresses that were given out and still live. */
  readonly living: Set<string>;
  readonly put: (bytes: Buffer, type: string) => string;
  readonly close: () => Promise<void>;
}

const UPLOADS: ReadonlySet<string> = new Set([
  'audio/aac',
  'audio/mp4',
  'audio/mpeg',
  'audio/amr',
  'audio/ogg',
  'application/pdf',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'text/plain',
  'image/jpeg',
  'image/png',
  'image/webp',
  'video/mp4',
  'video/3gpp',
]);

class GraphError extends Error {
  readonly code: number;
  readonly status: number;
  constructor(code: number, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export async function openGraph(): Promise<Graph> {
  let port = 0;
  const media = new Map<string, Media>();
  const taken: Taken[] = [];
  const graph: Graph = {
    get root() {
      return `http://127.0.0.1:${port}`;
    },
    taken,
    media,
    asked: [],
    templates: new Map([['hello_client', 1]]),
    closed: new Set(),
    troubles: { messages: [], media: [], look: [] },
    living: new Set(),
    addressOf: (mediaId) => {
      const url = `http://127.0.0.1:${port}/attachments/${mediaId}?hash=${randomUUID()}`;
      graph.living.add(new URL(url).search);
      return url;
    },
    put: (bytes, type) => {
      const mediaId = String(700_000_000_000 + media.size);
      media.set(mediaId, { bytes, type, name: '', gone: false });
      return mediaId;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    answer(graph, taken, request, response).catch((error: unknown) => {
      if (error instanceof GraphError) fail(response, error);
      else response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  return graph;
}

function fail(response: ServerResponse, error: GraphError): void {
  const { code, message } = error;
  json(response, error.status, { error: { message: `(#${code}) ${message}`, type: 'OAuthException', code } });
}

function json(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function answer(graph: Graph, taken: Taken[], request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url!, graph.root);
  const authorized = request.headers.authorization === `Bearer ${TOKEN}`;
  graph.asked.push({ method: request.method!, path: url.pathname, authorized });
  const body = await readAll(request);
  if (!authorized) throw new GraphError(190, 'Error validating access token', 401);
  const [, version, first = '', second] = url.pathname.split('/');
  if (version === 'attachments') return download(graph, first, url, response);
  if (!/^v\d+\.\d$/.test(version ?? '')) throw new GraphError(2500, 'Unknown path components');
  if (request.method === 'GET') return look(graph, first, response);
  if (first !== NUMBER) throw new GraphError(100, 'Unsupported post request', 404);
  if (second === 'media') return upload(graph, request, body, response);
  return take(graph, taken, JSON.parse(body.toString()) as Json, response);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** @returns whether the answer is to be lost once the work is done */
function meet(trouble: Trouble | undefined, response: ServerResponse): 'answered' | 'lose' | 'none' {
  if (trouble === undefined) return 'none';
  if (trouble === 'lose-answer') return 'lose';
  if ('code' in trouble) throw new GraphError(trouble.code, 'to 79990000001: as the test wanted', trouble.status);
  response.writeHead(trouble.status).end(trouble.text);
  return 'answered';
}

async function upload(graph: Graph, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
  if (meet(graph.troubles.media.shift(), response) === 'answered') return;
  const headers = { 'content-type': request.headers['content-type']! };
  const form = await new Response(new Uint8Array(body), { headers }).formData();
  const file = form.get('file');
  if (form.get('messaging_product') !== 'whatsapp' || !(file instanceof File))
    throw new GraphError(100, 'The parameter messaging_product is required');
  if (!UPLOADS.has(file.type) || form.get('type') !== file.type)
    throw new GraphError(100, `Param file must be a file with one of the following types. Received '${file.type}'`);
  const mediaId = graph.put(Buffer.from(await file.arrayBuffer()), file.type);
  json(response, 200, { id: mediaId });
}

function take(graph: Graph, taken: Taken[], body: Json, response: ServerResponse): void {
  const met = meet(graph.troubles.messages.shift(), response);
  if (met === 'answered') return;
  const to = checkAddress(body);
  if (body.messaging_product !== 'whatsapp') throw new GraphError(100, 'The parameter messaging_product is required');
  const type = String(body.type);
  if (type !== 'template' && graph.closed.has(to)) throw new GraphError(131047, 'Re-engagement message');
  checkContent(graph, type, (body[type] ?? {}) as Json);
  const id = `wamid.${Buffer.from(randomUUID()).toString('base64')}`;
  taken.push({ id, body });
  if (met === 'lose') return void response.destroy();
  const contact = body.to === undefined ? { input: to, user_id: to } : { input: to, wa_id: to };
  json(response, 200, { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id }] });
}

function checkAddress({ to, recipient, recipient_type }: Json): string {
  if (typeof to === 'string' && /^\d{5,20}$/.test(to)) return to;
  if (
    typeof recipient === 'string' &&
    /^[A-Z]{2}\.[A-Za-z0-9.]{1,140}$/.test(recipient) &&
    recipient_type === 'individual'
  )
    return recipient;
  throw new GraphError(131009, 'Parameter value is not valid');
}

function checkContent(graph: Graph, type: string, content: Json): void {
  if (type === 'text') {
    const text = String(content.body);
    if (text === '' || text.length > 4096) throw new GraphError(100, 'Param text.body must be 1 to 4096 characters');
  } else if (type === 'template') {
    const name = String(content.name);
    const count = graph.templates.get(name);
    if (count === undefined) throw new GraphError(132001, 'Template name does not exist in the translation', 404);
    const [first] = (content.components ?? []) as { parameters: { text: string }[] }[];
    if ((first?.parameters.length ?? 0) !== count) throw new GraphError(132000, 'Number of parameters does not match');
    if (first?.parameters.some(({ text }) => /[\n\t]| {5}/.test(text))) throw new GraphError(132018, 'Bad parameter');
  } else if (type === 'interactive') {
    if (content.type !== 'request_contact_info') throw new GraphError(131009, 'Parameter value is not valid');
  } else checkMedia(graph, type, content);
}

function checkMedia(graph: Graph, type: string, content: Json): void {
  const file = graph.media.get(String(content.id));
  if (file === undefined) throw new GraphError(131009, 'Media ID is not valid');
  const most = { image: 5, audio: 16, video: 16, document: 100 }[type];
  if (most === undefined || file.bytes.length > most * 1024 * 1024) throw new GraphError(131053, 'Media upload error');
  if (type === 'audio' && content.caption !== undefined) throw new GraphError(100, 'Unexpected key "caption"');
  if (String(content.caption ?? '').length > 1024) throw new GraphError(100, 'Param caption is too long');
}

function look(graph: Graph, mediaId: string, response: ServerResponse): void {
  if (meet(graph.troubles.look.shift(), response) === 'answered') return;
  const file = graph.media.get(mediaId);
  if (file === undefined || file.gone) throw new GraphError(100, 'Object does not exist', 400);
  json(response, 200, {
    messaging_product: 'whatsapp',
    url: graph.addressOf(mediaId),
    mime_type: file.type,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
    file_size: file.bytes.length,
    id: mediaId,
  });
}

function download(graph: Graph, mediaId: string, url: URL, response: ServerResponse): void {
  const file = graph.media.get(mediaId);
  if (file === undefined || !graph.living.has(url.search)) return void response.writeHead(404).end('expired');
  response.writeHead(200, { 'content-type': file.type }).end(file.bytes);
}
