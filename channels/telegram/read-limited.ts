export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * A body of at most `maxBytes`; whoever sends more is cut off, whatever the length was said to be.
 *
 * @throws TooLarge, and what `broken` makes of a connection that ends in the middle
 */
export async function readLimited(
  response: Response,
  maxBytes: number,
  broken: (error: unknown) => Error,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read().catch((error: unknown) => Promise.reject(broken(error)));
    if (part === undefined || part.done) break;
    size += part.value.length;
    if (size > maxBytes) {
      await reader?.cancel().catch(() => undefined);
      throw new TooLarge(`more than ${maxBytes} bytes`);
    }
    chunks.push(part.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
