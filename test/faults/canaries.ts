/** Values that must be nowhere in plain sight, and a search for them in every form in which software writes text. */
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';

export interface Canary {
  readonly what: string;
  readonly value: string;
}

const CHUNK = 8 << 20;

/** UTF-8, UTF-16, hex (how PostgreSQL dumps bytes), percent and JSON escapes, base64 at each of its three offsets. */
function formsOf(value: string): Buffer[] {
  const utf8 = Buffer.from(value, 'utf8');
  const escaped = Array.from(value)
    .map((c) => (c < '\u0080' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), utf8])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(shift === 0 ? 0 : shift + 1, -2); // the ends depend on the neighbours
  });
  const texts = [
    utf8.toString('hex'),
    utf8.toString('hex').toUpperCase(),
    encodeURIComponent(value),
    escaped,
    ...base64,
  ];
  const unique = new Set([value, ...texts].filter((text) => text.length >= 8));
  return [...[...unique].map((text) => Buffer.from(text, 'utf8')), Buffer.from(value, 'utf16le')];
}

/** A phone as people and machines write it. */
export function phoneCanaries(digits: string): Canary[] {
  const [a, b, c, d] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6, 8), digits.slice(8)];
  const values = [digits, `${a} ${b}-${c}-${d}`, `(${a}) ${b}-${c}-${d}`, `${a}-${b}-${c}-${d}`];
  return values.map((value) => ({ what: 'phone', value }));
}

export interface Hunt {
  readonly inBytes: (where: string, bytes: Uint8Array) => void;
  readonly inFile: (file: string) => Promise<void>;
  readonly inFolder: (folder: string) => Promise<void>;
  /** `what in where`. */
  readonly found: readonly string[];
  readonly searched: { readonly files: number; readonly bytes: number };
}

export function hunt(canaries: readonly Canary[]): Hunt {
  const needles = canaries.flatMap(({ what, value }) => formsOf(value).map((bytes) => ({ what, bytes })));
  const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  const found: string[] = [];
  const searched = { files: 0, bytes: 0 };
  const inBytes = (where: string, bytes: Uint8Array): void => {
    searched.bytes += bytes.length;
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const { what, bytes: needle } of needles) if (haystack.includes(needle)) found.push(`${what} in ${where}`);
  };
  const inFile = async (file: string): Promise<void> => {
    const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined; // PostgreSQL removes and renames files of its own while we look
    });
    if (handle === undefined) return;
    searched.files += 1;
    try {
      let before = Buffer.alloc(0);
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK);
        if (bytesRead === 0) break;
        const bytes = Buffer.concat([before, buffer.subarray(0, bytesRead)]);
        inBytes(file, bytes);
        before = bytes.subarray(Math.max(0, bytes.length - longest));
      }
    } finally {
      await handle.close();
    }
  };
  const inFolder = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) await inFile(path.join(entry.parentPath, entry.name));
  };
  return { inBytes, inFile, inFolder, found, searched };
}
