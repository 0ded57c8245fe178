/**
 * A Bot API server on the loopback, with the documented rules that the channel has to live with: an update is given
 * until a call names a higher offset; one receiver at a time (409); wrong tokens (401); flood control (429); files by
 * a link with the token in it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Update } from 'grammy/types';

/** A refusal, or what the server does to the connection instead of answering. */
export interface Mischief {
  readonly method: string;
  readonly code?: number;
  readonly description?: string;
  readonly parameters?: Record<string, unknown>;
  /** Does what it was asked to, and closes the connection without a word. */
  readonly loseAnswer?: true;
  /** Lets so many calls of the method through first. */
  readonly after?: number;
}

export interface Call {
  readonly method: string;
  readonly payload: Record<string, unknown>;
  readonly file?: { readonly name: string; readonly type: string; readonly bytes: Uint8Array };
}

export const TOKEN = '123456789:AAE-loopback_token-of-nobody-00001';
const BOT = { id: 123456789, is_bot: true, first_name: 'Leads', username: 'leads_bot' };

type Answer = Record<string, unknown>;
const refusal = (code: number, description: string, parameters?: unknown): Answer => ({
  ok: false,
  error_code: code,
  description,
  ...(parameters === undefined ? {} : { parameters }),
});
const result = (value: unknown): Answer => ({ ok: true, result: value });

export class BotApi {
  readonly calls: Call[] = [];
  readonly mischief: Mischief[] = [];
  readonly files = new Map<string, { path: string; bytes: Uint8Array }>();
  /** Not yet confirmed, oldest first. */
  queue: (Partial<Update> & { update_id: number })[] = [];
  webhook: Answer = { url: '', pending_update_count: 0 };
  /** What Telegram took and the clients see. */
  readonly sent: Call[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private readonly sockets = new Set<Socket>();
  private waiting: ((answer: Answer | undefined) => void) | undefined;
  private messageId = 100;
  private root = '';

  async open(): Promise<this> {
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.root = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  get apiRoot(): string {
    return this.root;
  }

  push(update: Partial<Update> & { update_id: number }): void {
    this.queue.push(update);
    this.waiting?.(undefined);
  }

  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  called(method: string): Call[] {
    return this.calls.filter((call) => call.method === method);
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, kind = '', token = '', rest = ''] = /^\/(file\/bot|bot)([^/]+)\/(.*)$/.exec(request.url ?? '') ?? [];
    if (kind === 'file/bot') return this.serveFile(token, decodeURIComponent(rest), response);
    const call = await readCall(rest, request, Buffer.concat(chunks));
    this.calls.push(call);
    if (token !== TOKEN) return answer(response, refusal(401, 'Unauthorized'));
    const trick = this.nextMischief(call.method);
    if (trick?.code !== undefined)
      return answer(response, refusal(trick.code, trick.description ?? '', trick.parameters));
    const given = await this.handle(call, request);
    if (trick?.loseAnswer === true) return void request.socket.destroy();
    answer(response, given);
  }

  private serveFile(token: string, path: string, response: ServerResponse): void {
    const file = [...this.files.values()].find((one) => one.path === path);
    if (token !== TOKEN || file === undefined) answer(response, refusal(404, 'Not Found'));
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file.bytes);
  }

  private nextMischief(method: string): Mischief | undefined {
    const seen = this.called(method).length - 1;
    const index = this.mischief.findIndex((one) => one.method === method && (one.after ?? 0) <= seen);
    return index === -1 ? undefined : this.mischief.splice(index, 1)[0];
  }

  private async handle(call: Call, request: IncomingMessage): Promise<Answer> {
    const { method, payload } = call;
    if (method === 'getMe') return result(BOT);
    if (method === 'getUpdates') return this.getUpdates(payload, request);
    if (method === 'getWebhookInfo') return result(this.webhook);
    if (method === 'setWebhook') this.webhook = { ...payload, pending_update_count: 0 };
    if (method === 'deleteWebhook') this.webhook = { url: '', pending_update_count: 0 };
    if (method === 'getFile') return this.getFile(String(payload.file_id));
    if (method === 'sendMessage' || method === 'sendDocument') return this.take(call);
    return result(true);
  }

  private getFile(id: string): Answer {
    const file = this.files.get(id);
    if (file === undefined) return refusal(400, 'Bad Request: wrong file_id or the file is temporarily unavailable');
    return result({ file_id: id, file_unique_id: 'u', file_size: file.bytes.length, file_path: file.path });
  }

  private take(call: Call): Answer {
    const text = String(call.payload.text ?? call.payload.caption ?? '');
    if (call.method === 'sendMessage' && text === '') return refusal(400, 'Bad Request: message text is empty');
    if (text.length > (call.method === 'sendMessage' ? 4096 : 1024))
      return refusal(400, 'Bad Request: message is too long');
    this.sent.push(call);
    this.messageId += 1;
    return result({
      message_id: this.messageId,
      date: 1_767_225_600,
      chat: { id: Number(call.payload.chat_id), type: 'private' },
      text,
    });
  }

  private async getUpdates(payload: Call['payload'], request: IncomingMessage): Promise<Answer> {
    if (this.webhook.url !== '')
      return refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first");
    this.waiting?.(refusal(409, 'Conflict: terminated by other getUpdates request'));
    const offset = Number(payload.offset ?? 0);
    this.queue = this.queue.filter(({ update_id }) => update_id >= offset);
    if (this.queue.length === 0 && Number(payload.timeout) > 0) {
      const refused = await this.hold(Number(payload.timeout) * 1000, request);
      if (refused !== undefined) return refused;
    }
    return result(this.queue.slice(0, Number(payload.limit ?? 100)));
  }

  /** Until an update comes, the time is over, or another call takes this one's place. */
  private hold(ms: number, request: IncomingMessage): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const done = (given: Answer | undefined): void => {
        clearTimeout(timer);
        if (this.waiting === done) this.waiting = undefined;
        resolve(given);
      };
      const timer = setTimeout(() => done(undefined), ms);
      request.socket.once('close', () => done(undefined));
      this.waiting = done;
    });
  }
}

async function readCall(method: string, request: IncomingMessage, body: Buffer): Promise<Call> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/')) return { method, payload: JSON.parse(body.toString() || '{}') };
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const payload: Record<string, unknown> = {};
  let file: Call['file'];
  for (const [name, value] of form)
    if (typeof value === 'string') payload[name] = /^[[{]|^true$|^-?\d+$/.test(value) ? JSON.parse(value) : value;
    else file = { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) };
  return { method, payload, ...(file === undefined ? {} : { file }) };
}

function answer(response: ServerResponse, given: Answer): void {
  const status = given.ok === true ? 200 : Number(given.error_code);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(given));
}
