import { Rejected } from '../errors.ts';

/**
 * The body, never more than `maxBytes` of it in memory whatever the sender promised: a declared length over the limit
 * is refused before a byte is read, a chunked or lying body as soon as it passes the limit.
 *
 * @throws Rejected 413, or 400 when the sender hung up in the middle
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (): Rejected => new Rejected(413, `The body may have at most ${maxBytes} bytes.`);
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge();
  try {
    // With a length in bounds the server itself stops reading there: one buffer, no copies.
    if (declared !== null && request.headers.get('transfer-encoding') === null)
      return new Uint8Array(await request.arrayBuffer());
    return await readChunks(request, maxBytes, tooLarge);
  } catch (error) {
    if (error instanceof Rejected) throw error;
    throw new Rejected(400, 'The body could not be read to its end.', { cause: error });
  }
}

async function readChunks(request: Request, maxBytes: number, tooLarge: () => Rejected): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
