/** Downloads: addresses of five minutes, hashes, limits, and whom the access token is shown to. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mayHaveToken } from '../../../channels/whatsapp-cloud/fetch.ts';
import { whatsappCloud } from '../../../channels/whatsapp-cloud/index.ts';
import type { Channel } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { endpointFor, toolsFor } from '../stand-ins.ts';
import { type Graph, NUMBER, openGraph, TOKEN } from './graph.ts';

const channel = whatsappCloud as unknown as Channel;
const CONTENT = Buffer.from('a photograph, фотография');

let graph: Graph;
beforeEach(async () => {
  graph = await openGraph();
});
afterEach(() => graph.close());

const endpoint = () => endpointFor(channel, { apiRoot: graph.root, accessToken: TOKEN, phoneNumberId: NUMBER });

const get = (ref: Record<string, unknown>, tools = { fetch }): Promise<unknown> =>
  channel.fetch!({ name: 'image.jpg', ref }, endpoint(), toolsFor(tools), AbortSignal.timeout(10_000)).catch(
    (error: unknown) => error,
  );

const hash = (content: Buffer, encoding: 'base64' | 'hex') => createHash('sha256').update(content).digest(encoding);

test.each(['base64', 'hex'] as const)(
  'a file with the right hash in %s comes, with the token on both calls',
  async (encoding) => {
    const mediaId = graph.put(CONTENT, 'image/jpeg');
    expect(Buffer.from((await get({ mediaId, sha256: hash(CONTENT, encoding) })) as Uint8Array)).toEqual(CONTENT);
    expect(graph.asked.map(({ authorized }) => authorized)).toEqual([true, true]);
  },
);

test.each(['base64', 'hex'] as const)('another file than the message named is refused (%s)', async (encoding) => {
  const mediaId = graph.put(CONTENT, 'image/jpeg');
  const error = await get({ mediaId, sha256: hash(Buffer.from('another'), encoding) });
  expect(error).toBeInstanceOf(Refused);
  expect((error as Refused).message).toContain('SHA-256');
});

test('without a hash in the message, the one of the look-up is checked', async () => {
  const mediaId = graph.put(CONTENT, 'image/jpeg');
  const file = graph.media.get(mediaId)!;
  const whole = graph.addressOf;
  graph.addressOf = (id) => {
    const url = whole(id);
    setImmediate(() => graph.media.set(id, { ...file, bytes: Buffer.from('swapped') }));
    return url;
  };
  expect(await get({ mediaId })).toBeInstanceOf(Refused);
});

test('a hash that cannot be one is no reason to lose the file', async () => {
  const mediaId = graph.put(CONTENT, 'image/jpeg');
  expect(Buffer.from((await get({ mediaId, sha256: '4654+8g=' })) as Uint8Array)).toEqual(CONTENT);
});

test('an address that grew too old is asked for once more, and only once', async () => {
  const mediaId = graph.put(CONTENT, 'image/jpeg');
  const whole = graph.addressOf;
  let given = 0;
  graph.addressOf = (id) => {
    const url = whole(id);
    given += 1;
    if (given === 1) graph.living.clear();
    return url;
  };
  expect(Buffer.from((await get({ mediaId })) as Uint8Array)).toEqual(CONTENT);
  graph.addressOf = () => `${graph.root}/attachments/${mediaId}?hash=dead`;
  const error = await get({ mediaId });
  expect(error).toBeInstanceOf(Refused);
  expect(graph.asked.filter(({ path }) => path.startsWith('/attachments/'))).toHaveLength(4);
});

test('after 7 days the id names nothing: refused, in words', async () => {
  const mediaId = graph.put(CONTENT, 'image/jpeg');
  graph.media.get(mediaId)!.gone = true;
  const error = await get({ mediaId });
  expect(error).toBeInstanceOf(Refused);
  expect((error as Refused).message).toContain('7 days');
  expect(await get({})).toBeInstanceOf(Refused);
});

test.each([[{ code: 190, status: 401 }], [{ code: 4 }], [{ code: 130429 }], [{ status: 503, text: 'busy' }]])(
  '%o is Later, and not soon: twenty failures in an hour block all downloads',
  async (trouble) => {
    graph.troubles.look.push(trouble);
    const error = await get({ mediaId: graph.put(CONTENT, 'image/jpeg') });
    expect(error).toBeInstanceOf(Later);
    expect((error as Later).seconds).toBeGreaterThanOrEqual(300);
  },
);

test('the token never goes to an address that is not of Meta, not even by a redirect', async () => {
  const seen: (string | undefined)[] = [];
  const stranger = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('stolen');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const away = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
  try {
    const mediaId = graph.put(CONTENT, 'image/jpeg');
    const whole = graph.addressOf;
    graph.addressOf = () => away;
    expect(await get({ mediaId })).toBeInstanceOf(Refused);
    graph.addressOf = whole;
    const redirecting = (async (url: string, init: RequestInit) =>
      String(url).includes('/attachments/')
        ? new Response(null, { status: 302, headers: { location: away } })
        : fetch(url, init)) as typeof fetch;
    expect(await get({ mediaId }, { fetch: redirecting })).toBeInstanceOf(Refused);
    expect(seen).toEqual([]);
  } finally {
    stranger.close();
  }
});

test('of hosts', () => {
  const may = (url: string) => mayHaveToken(url, endpoint() as never);
  expect(may('https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1')).toBe(true);
  expect(may('https://graph.facebook.com/v26.0/1')).toBe(true);
  expect(may('https://mmg.whatsapp.net/file')).toBe(true);
  expect(may(`${graph.root}/attachments/1`)).toBe(true);
  for (const url of [
    'http://lookaside.fbsbx.com/',
    'https://lookaside.fbsbx.com.evil.example/',
    'https://evilfbsbx.com/',
    'https://user@lookaside.fbsbx.com/',
    'https://lookaside.fbsbx.com:8443/',
    'https://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
    'lookaside.fbsbx.com',
    '',
  ])
    expect(may(url), url).toBe(false);
});

test('a file beyond the limit is left alone, by its size or by what really comes', async () => {
  const MEGABYTE = 1024 * 1024;
  const look = { url: `${graph.root}/attachments/1`, file_size: 101 * MEGABYTE };
  const promised = (async () => Response.json(look)) as unknown as typeof fetch;
  expect(await get({ mediaId: '1' }, { fetch: promised })).toBeInstanceOf(Refused);
  let pulled = 0;
  const flood = () =>
    new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        if (pulled > 120) controller.close();
        else controller.enqueue(new Uint8Array(MEGABYTE));
      },
    });
  const lying = (async (url: string) =>
    url.includes('/attachments/') ? new Response(flood()) : Response.json({ ...look, file_size: 5 })) as typeof fetch;
  const error = await get({ mediaId: '1' }, { fetch: lying });
  expect(error).toBeInstanceOf(Refused);
  expect((error as Refused).message).toContain('100 MB');
  expect(pulled).toBeLessThan(110);
});
