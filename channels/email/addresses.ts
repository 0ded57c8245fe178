/** Without its +tag, lower-case. */
export function baseAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).split('+')[0] ?? '';
  return `${local}${address.slice(at)}`.toLowerCase();
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

export const isOwnAddress = (address: string, own: string): boolean => baseAddress(address) === baseAddress(own);

/** `sales+<key>@example.com`: the answer to the mail with this key. */
export const withTag = (address: string, tag: string): string => {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}+${tag}${address.slice(at)}`;
};

const KEY = /\+([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})@/i;

/** The key in a plus address of ours. A hint: whoever has seen the address can write to it. */
export const tagOf = (address: string, own: string): string | undefined =>
  isOwnAddress(address, own) ? KEY.exec(address)?.[1]?.toLowerCase() : undefined;
