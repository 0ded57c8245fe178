import type { Loose } from './loose.ts';

const MAX_BYTES = 64 * 1024;

/** Status and JSON object of an API's answer; what is longer than any answer should be, or no object, is empty. */
export async function shortAnswer(response: Response): Promise<{ readonly status: number; readonly body: Loose }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) return { status: response.status, body: {} };
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return { status: response.status, body: typeof value === 'object' && value !== null ? (value as Loose) : {} };
  } catch {
    return { status: response.status, body: {} };
  }
}
