/** On the loopback, where tests live, there is nobody in between who could read what is sent. */
export function isApiRoot(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.origin === value && (url.protocol === 'https:' || (local && url.protocol === 'http:'));
}
