/**
 * A request as it is kept: one block of bytes, so that what is parsed again next year is what came in today.
 *
 * `length of head (4 bytes, big-endian) | head as JSON | body, untouched`
 */
import type { InboundRequest } from '../channel.ts';

/** Headers that no channel can need later and that would put somebody's session into our base. */
const DROPPED = new Set(['cookie', 'authorization', 'proxy-authorization', 'connection', 'host', 'content-length']);
const MAX_HEADERS = 64;
const MAX_HEADER_CHARS = 2000;

export function packRequest(request: InboundRequest): Buffer {
  const headers = Object.entries(request.headers)
    .filter(([name]) => !DROPPED.has(name))
    .slice(0, MAX_HEADERS)
    .map(([name, value]) => [name, value.slice(0, MAX_HEADER_CHARS)]);
  const head = Buffer.from(
    JSON.stringify({
      method: request.method,
      url: request.url.slice(0, 8000),
      headers: Object.fromEntries(headers) as Record<string, string>,
      address: request.address,
      receivedAt: request.receivedAt.getTime(),
    }),
  );
  const packed = Buffer.allocUnsafe(4 + head.length + request.body.length);
  packed.writeUInt32BE(head.length, 0);
  head.copy(packed, 4);
  packed.set(request.body, 4 + head.length);
  return packed;
}

interface Head {
  method: string;
  url: string;
  headers: Record<string, string>;
  address: string;
  receivedAt: number;
}

export function unpackRequest(packed: Buffer): InboundRequest {
  const length = packed.readUInt32BE(0);
  const head = JSON.parse(packed.toString('utf8', 4, 4 + length)) as Head;
  return {
    method: head.method,
    url: head.url,
    headers: head.headers,
    address: head.address,
    receivedAt: new Date(head.receivedAt),
    body: packed.subarray(4 + length),
  };
}

/** The same request with another body, for edit-and-retry. */
export function withBody(request: InboundRequest, body: Uint8Array, contentType: string | undefined): InboundRequest {
  const headers = contentType === undefined ? request.headers : { ...request.headers, 'content-type': contentType };
  return { ...request, headers, body };
}
