/** Constant time: digests of equal length under a key that lives for this one comparison. */
export async function isEqual(a: string, b: string): Promise<boolean> {
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const encoder = new TextEncoder();
  return crypto.subtle.verify(
    'HMAC',
    key,
    await crypto.subtle.sign('HMAC', key, encoder.encode(a)),
    encoder.encode(b),
  );
}
