import { createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { WAMessage } from '@whiskeysockets/baileys';
import type { EndpointContext, RemoteFile, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { liveSessions } from './live.ts';
import { isMediaPath, type MediaKind, type MediaRef, readMediaRef } from './media.ts';
import { codeOf } from './policy.ts';
import { readObject, readString } from './read.ts';
import { type BaileysSettings, MAX_FILE_BYTES } from './settings.ts';

const MEDIA_SERVER = 'https://mmg.whatsapp.net';
/** Appended to the encrypted bytes: the first ten of an HMAC. */
const MAC_BYTES = 10;
/** Padding to a block of 16 and the MAC. */
const MAX_ENCRYPTED_BYTES = MAX_FILE_BYTES + 16 + MAC_BYTES;
const REUPLOAD_MS = 30_000;

const KEY_INFO: Readonly<Record<MediaKind, string>> = {
  image: 'WhatsApp Image Keys',
  sticker: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
};

/**
 * Downloads and decrypts. Not through the library: its download checks neither the MAC nor a size, asks whatever host
 * the sender wrote into the message, and its way to ask for a new upload waits for an error that it never throws
 * (`error.status`, while Boom has `output.statusCode`; 7.0.0-rc14).
 */
export async function fetchMedia(
  file: RemoteFile,
  endpoint: EndpointContext<BaileysSettings>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const ref = readMediaRef(file.ref);
  if (ref === undefined) throw new Refused('The message does not say how to download its file.');
  const server = endpoint.settings.mediaUrl === '' ? MEDIA_SERVER : endpoint.settings.mediaUrl;
  const found = await download(server, ref.path, tools, signal);
  if (found !== undefined) return decrypt(found, ref);
  // Files are kept for some weeks. After that only the phone has them, and uploads one when it is asked.
  const path = await askForUpload(ref, endpoint.id, signal);
  const again = await download(server, path, tools, signal);
  if (again === undefined) throw new Refused('The file is no longer on the server of WhatsApp.');
  return decrypt(again, ref);
}

/** @returns `undefined` when the file is gone */
async function download(server: string, path: string, tools: Tools, signal: AbortSignal): Promise<Buffer | undefined> {
  const address = new URL(server.replace(/\/+$/, '') + path);
  if (address.origin !== new URL(server).origin) throw new Refused('The address of the file is not one of WhatsApp.');
  const response = await tools.fetch(address, { signal, headers: { origin: 'https://web.whatsapp.com' } });
  if ([403, 404, 410].includes(response.status)) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status === 429) throw new Later(60, 'The file server asks to come back.');
  if (!response.ok) throw new Later(30, `The file server answered ${response.status}.`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ENCRYPTED_BYTES) throw new Refused('The file is larger than this channel takes.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decrypt(encrypted: Buffer, ref: MediaRef): Uint8Array {
  if (ref.encSha256 !== undefined) {
    const digest = createHash('sha256').update(encrypted).digest('base64');
    if (digest !== ref.encSha256) throw new Refused('The file on the server is not the one that was sent.');
  }
  const expanded = Buffer.from(
    hkdfSync('sha256', Buffer.from(ref.mediaKey, 'base64'), Buffer.alloc(0), KEY_INFO[ref.kind], 112),
  );
  const [iv, cipherKey, macKey] = [expanded.subarray(0, 16), expanded.subarray(16, 48), expanded.subarray(48, 80)];
  const body = encrypted.subarray(0, -MAC_BYTES);
  const mac = createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, MAC_BYTES);
  if (encrypted.length <= MAC_BYTES || !timingSafeEqual(mac, encrypted.subarray(-MAC_BYTES)))
    throw new Refused('The file is damaged.');
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  try {
    return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch {
    // The sender made both the key and the MAC: only the padding tells.
    throw new Refused('The file is damaged.');
  }
}

async function askForUpload(ref: MediaRef, endpointId: string, signal: AbortSignal): Promise<string> {
  const live = liveSessions.get(endpointId);
  if (live === undefined) throw new Later(60, 'The phone has to upload the file again, and it is not connected here.');
  const member = `${ref.kind}Message`;
  const message: WAMessage = {
    key: ref.message,
    message: { [member]: { mediaKey: Buffer.from(ref.mediaKey, 'base64'), directPath: ref.path } },
  };
  const outcome = await Promise.race([
    live.socket.updateMediaMessage(message).catch((error: unknown) => {
      if (codeOf(error) === 428) throw new Later(60, 'WhatsApp is not connected.');
      throw new Refused('The file is gone: the phone does not have it either.');
    }),
    expire(signal),
  ]);
  if (outcome === 'late') throw new Later(600, 'The phone did not upload the file again yet; it may be offline.');
  const path = readString(readObject(readObject(outcome.message)?.[member])?.directPath);
  if (!isMediaPath(path)) throw new Refused('The file is gone: the phone does not have it either.');
  return path;
}

const expire = (signal: AbortSignal): Promise<'late'> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve('late'), REUPLOAD_MS);
    signal.addEventListener('abort', () => resolve('late'), { once: true });
    timer.unref();
  });
