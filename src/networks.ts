/** Addresses and networks of IPv4 and IPv6, as text. */

interface Network {
  readonly v6: boolean;
  readonly base: bigint;
  /** How many low bits may differ. */
  readonly shift: bigint;
}

/** As `inNetworks`, for lists that people typed: an entry that cannot be read matches nobody. */
export function inReadableNetworks(list: readonly string[]): (address: string) => boolean {
  return inNetworks(list.filter(isNetwork));
}

function isNetwork(text: string): boolean {
  try {
    readNetwork(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws when an entry of the list is neither an address nor a CIDR network. */
export function inNetworks(list: readonly string[]): (address: string) => boolean {
  const networks = list.map(readNetwork);
  return (address) => {
    const value = readAddress(address);
    return (
      value !== undefined &&
      networks.some((net) => net.v6 === value.v6 && value.bits >> net.shift === net.base >> net.shift)
    );
  };
}

export const isAddress = (text: string): boolean => readAddress(text) !== undefined;

/** Without port, brackets and zone; an IPv4 address inside an IPv6 one as itself. */
export function plainAddress(text: string): string {
  const trimmed = text.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const unzoned = bare.replace(/%.*$/, '').toLowerCase();
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(unzoned)?.[1] ?? unzoned;
}

function readNetwork(text: string): Network {
  const [address = '', length] = text.trim().split('/');
  const value = readAddress(plainAddress(address));
  const width = value?.v6 ? 128 : 32;
  const bits = length === undefined ? width : Number(length);
  if (value === undefined || !Number.isInteger(bits) || bits < 0 || bits > width || length === '')
    throw new Error(`"${text}" is neither an address nor a network such as 10.0.0.0/8`);
  return { v6: value.v6, base: value.bits, shift: BigInt(width - bits) };
}

function readAddress(text: string): { readonly v6: boolean; readonly bits: bigint } | undefined {
  const v4 = readV4(text);
  if (v4 !== undefined) return { v6: false, bits: v4 };
  const v6 = readV6(text);
  return v6 === undefined ? undefined : { v6: true, bits: v6 };
}

function readV4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function readV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
