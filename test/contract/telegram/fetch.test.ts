import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { telegram } from '../../../channels/telegram/index.ts';
import type { RemoteFile } from '../../../src/channel.ts';
import { causeChain, Later, Refused } from '../../../src/errors.ts';
import { toolsFor } from '../stand-ins.ts';
import { TOKEN } from './bot-api.ts';
import { scripted, telegramEndpoint } from './scripted.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const FILE: RemoteFile = { name: 'plan.pdf', ref: { fileId: 'here' } };

function fetchFile(fetchWith: typeof fetch, file = FILE, settings: Record<string, unknown> = {}) {
  const endpoint = telegramEndpoint(telegram, settings);
  return telegram.fetch!(file, endpoint, toolsFor({ fetch: fetchWith }), AbortSignal.timeout(10_000));
}

const failure = (fetchWith: typeof fetch, file?: RemoteFile): Promise<Error> =>
  fetchFile(fetchWith, file).then(
    () => {
      throw new Error('it was fetched');
    },
    (error: Error) => error,
  );

const gives = (path: string) => scripted(() => ({ result: { file_id: 'here', file_path: path } })).fetch;

it('does not ask for what is said to be too large', async () => {
  const { fetch: stand, calls } = scripted(() => ({ result: {} }));
  const error = await failure(stand, { ...FILE, size: 20 * 1024 * 1024 + 1 });
  expect(error).toBeInstanceOf(Refused);
  expect(error.message).toContain('20 MB');
  expect(calls).toEqual([]);
});

it('says in plain words what Telegram says in its own', async () => {
  const says = (code: number, description: string, parameters?: unknown) =>
    failure(scripted(() => ({ code, description, parameters })).fetch);
  expect(await says(400, 'Bad Request: file is too big')).toMatchObject({
    name: 'Refused',
    message: expect.stringContaining('20 MB'),
  });
  expect(await says(400, 'Bad Request: wrong file_id or the file is temporarily unavailable')).toMatchObject({
    name: 'Refused',
    message: 'Telegram no longer has this file.',
  });
  const later = await says(429, 'Too Many Requests', { retry_after: 9 });
  expect(later).toBeInstanceOf(Later);
  expect((later as Later).seconds).toBe(9);
  expect(await says(401, 'Unauthorized')).toBeInstanceOf(Later);
  const unknown = await says(500, 'Internal Server Error');
  expect(unknown).not.toBeInstanceOf(Refused);
  expect(unknown).not.toBeInstanceOf(Later);
});

it('follows no path to elsewhere', async () => {
  for (const path of ['../bot1:x/getMe', 'a/../../b', 'a//b', '', '/var/lib/telegram-bot-api/x', 'C:\\x', '..\\x'])
    expect(await failure(gives(path)), path).toBeInstanceOf(Refused);
});

it('stops reading above 20 MB, whatever length was said', async () => {
  let written = 0;
  server = createServer((request, response) => {
    if (request.url?.endsWith('/getFile') === true) {
      response.end('{"ok":true,"result":{"file_id":"here","file_size":10,"file_path":"documents/file_1.pdf"}}');
      return;
    }
    const more = (): void => {
      written += 1024 * 1024;
      if (!response.destroyed) response.write(Buffer.alloc(1024 * 1024), () => setImmediate(more));
    };
    more();
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const apiRoot = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const error = await fetchFile(fetch, FILE, { apiRoot }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Refused);
  expect(written).toBeLessThan(40 * 1024 * 1024);
});

it('carries the token into no error', async () => {
  const url = `https://api.telegram.org/file/bot${TOKEN}/documents/file_1.pdf`;
  const stand = scripted(({ method }) =>
    method === 'getFile' ? { result: { file_path: 'documents/file_1.pdf' } } : new TypeError(`failed: ${url}`),
  ).fetch;
  const error = await failure(stand);
  expect([...causeChain(error), error.stack].join('\n')).not.toContain(TOKEN.split(':')[1]);
});
