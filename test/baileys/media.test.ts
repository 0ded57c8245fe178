/** Files: decrypted, checked, asked for again, and from no other server than the one of the settings. */
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as baileys from '@whiskeysockets/baileys';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Socket } from '../../channels/whatsapp-baileys/connect.ts';
import { readMedia } from '../../channels/whatsapp-baileys/media.ts';
import type { Reach, RemoteFile } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { bytes, toolsFor, until } from '../contract/stand-ins.ts';
import { boom, CLIENT_LID, encryptMedia } from '../contract/whatsapp-baileys/loopback.ts';
import { channel, endpointWith, type Running, startSession } from './house.ts';

let server: Server;
let mediaUrl: string;
let answers: Map<string, Buffer | number>;
let running: Running | undefined;

beforeEach(async () => {
  answers = new Map();
  server = createServer((request, response) => {
    const found = answers.get(request.url ?? '') ?? 404;
    if (typeof found === 'number') response.writeHead(found).end();
    else response.end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mediaUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const fetchFile = (ref: object) =>
  channel.fetch!(
    { name: 'x', ref: ref as Reach } satisfies RemoteFile,
    endpointWith({ mediaUrl }),
    toolsFor({ fetch }),
    AbortSignal.timeout(10_000),
  );

async function connectedWith(updateMediaMessage: Socket['updateMediaMessage']): Promise<void> {
  running = startSession({ open: true, sockets: { updateMediaMessage } });
  await until(() => running!.tools.health?.state === 'connected');
}

const plain = bytes('what the file holds');

it.each(['image', 'video', 'audio', 'document', 'sticker'] as const)(
  'decrypts a %s that the library encrypted',
  async (kind) => {
    const made = await baileys.encryptedStream(Buffer.from(plain), kind);
    answers.set('/v/y.enc', await readFile(made.encFilePath));
    await rm(made.encFilePath);
    const [mediaKey, encSha256] = [made.mediaKey, made.fileEncSha256].map((one) =>
      Buffer.from(one).toString('base64'),
    );
    const { ref } = encryptMedia(plain, kind, '', '/v/y.enc');
    expect(Buffer.from(await fetchFile({ ...ref, mediaKey, encSha256 })).toString()).toBe('what the file holds');
  },
);

describe('refuses', () => {
  it.each([0, 40, -1])('a file with one bit changed (byte %i)', async (at) => {
    const { encrypted, ref } = encryptMedia(bytes('x'.repeat(100)), 'image', 'WhatsApp Image Keys', '/v/x.enc');
    const changed = Buffer.from(encrypted);
    changed[at < 0 ? changed.length + at : at]! ^= 1;
    answers.set('/v/x.enc', changed);
    await expect(fetchFile(ref)).rejects.toThrow(/not the one that was sent/);
    await expect(fetchFile({ ...ref, encSha256: undefined })).rejects.toThrow(/damaged/);
  });

  it('an empty file, and a ref that is none', async () => {
    const { ref } = encryptMedia(plain, 'image', 'WhatsApp Image Keys', '/v/x.enc');
    answers.set('/v/x.enc', Buffer.alloc(0));
    await expect(fetchFile({ ...ref, encSha256: undefined })).rejects.toBeInstanceOf(Refused);
    await expect(fetchFile({})).rejects.toBeInstanceOf(Refused);
  });

  it('a path that names another host', async () => {
    const { ref } = encryptMedia(plain, 'image', 'WhatsApp Image Keys', '/v/x.enc');
    for (const path of [
      '//169.254.169.254/x',
      '/\\169.254.169.254/x',
      '@evil.example.com/x',
      'https://evil.example.com/x',
      '',
    ])
      await expect(fetchFile({ ...ref, path }), path).rejects.toBeInstanceOf(Refused);
    const media = {
      mediaKey: ref.mediaKey,
      url: 'https://mmg.whatsapp.net.evil.example.com/v/x',
      mimetype: 'image/png',
    };
    expect(readMedia('image', media, {})).toBeUndefined();
    expect(readMedia('image', { ...media, url: 'https://mmg.whatsapp.net/v/x?a=1' }, {})?.ref.path).toBe('/v/x?a=1');
  });
});

describe('a file that is gone', () => {
  const gone = () => encryptMedia(plain, 'image', 'WhatsApp Image Keys', '/v/old.enc');

  it.each([404, 410, 403])('with %i is uploaded again by the phone', async (status) => {
    const { encrypted, ref } = gone();
    answers.set('/v/old.enc', status);
    answers.set('/v/new.enc', encrypted);
    const asked: baileys.WAMessage[] = [];
    await connectedWith((message) => {
      asked.push(message);
      return Promise.resolve({ ...message, message: { imageMessage: { directPath: '/v/new.enc' } } });
    });
    expect(Buffer.from(await fetchFile(ref)).toString()).toBe('what the file holds');
    expect(asked[0]!.key).toEqual({ remoteJid: CLIENT_LID, fromMe: false, id: '3EB0F11E000000000001' });
    expect(asked[0]!.message?.imageMessage?.mediaKey).toEqual(Buffer.from(ref.mediaKey, 'base64'));
  });

  it('is Later while nothing is connected, or the connection breaks', async () => {
    await expect(fetchFile(gone().ref)).rejects.toBeInstanceOf(Later);
    await connectedWith(() => Promise.reject(boom(428)));
    await expect(fetchFile(gone().ref)).rejects.toBeInstanceOf(Later);
  });

  it('is Refused when the phone does not have it either, or names another host', async () => {
    await connectedWith(() => Promise.reject(boom(404)));
    await expect(fetchFile(gone().ref)).rejects.toBeInstanceOf(Refused);
    await running!.stop();
    await connectedWith((message) =>
      Promise.resolve({ ...message, message: { imageMessage: { directPath: '//169.254.169.254/x' } } }),
    );
    await expect(fetchFile(gone().ref)).rejects.toBeInstanceOf(Refused);
  });
});

it.each([500, 503, 429])('is Later when the server answers %i', async (status) => {
  const { ref } = encryptMedia(plain, 'image', 'WhatsApp Image Keys', '/v/x.enc');
  answers.set('/v/x.enc', status);
  await expect(fetchFile(ref)).rejects.toBeInstanceOf(Later);
});
