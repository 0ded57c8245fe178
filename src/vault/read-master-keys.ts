/** Reads keys as base64 or hex, 32 bytes each, newest first, separated by commas, spaces or line ends. */
export function readMasterKeys(text: string, from: string): Uint8Array[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) throw new Error(`${from} is empty: it must hold 32 random bytes as base64 or hex`);
  return words.map((word) => {
    const bytes = /^[0-9a-f]{64}$/i.test(word) ? Buffer.from(word, 'hex') : Buffer.from(word, 'base64');
    if (bytes.length !== 32)
      throw new Error(`${from} must hold 32 bytes as base64 or hex; make one with: openssl rand -base64 32`);
    return bytes;
  });
}
