/** A real browser for tests: CHROME_PATH, else the system's Chromium or Chrome, else one out of npm (Linux x64). */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Without these Chromium talks to its maker in the background, and QUIC goes around proxies. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env } = await findBrowser();
  return chromium.launch({ executablePath, args: QUIET, env: { ...process.env, ...env } });
}

interface Found {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

async function findBrowser(): Promise<Found> {
  if (process.env.CHROME_PATH) return { executablePath: process.env.CHROME_PATH, env: {} };
  for (const executablePath of SYSTEM) if (await exists(executablePath)) return { executablePath, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('no browser found: install Chromium or Chrome, or set CHROME_PATH to one');
  const folder = await unpack();
  const env = {
    LD_LIBRARY_PATH: path.join(folder, 'al2023/lib'),
    FONTCONFIG_FILE: path.join(folder, 'fonts.conf'),
  };
  return { executablePath: path.join(folder, 'chromium'), env };
}

/** Unpacks the npm package once (about 4 s) into `.cache/`; the rename makes it appear whole, whoever else does it. */
async function unpack(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const packageDir = path.resolve(path.dirname(entry), '..');
  const { version } = JSON.parse(await readFile(path.join(packageDir, 'package.json'), 'utf8')) as { version: string };
  const cache = path.resolve(import.meta.dirname, '../.cache');
  const folder = path.join(cache, `chromium-${version}`);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(path.join(cache, 'chromium-unpacking-'));
  try {
    // The package unpacks into the temporary folder of its process, so it gets a process with one of its own.
    const script = `const { default: chromium, inflate } = await import(process.argv[1]);
      await chromium.executablePath();
      await inflate(process.argv[2]);`;
    const args = ['--input-type=module', '-e', script, entry, path.join(packageDir, 'bin/al2023.tar.br')];
    await promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: fresh } });
    await writeFile(path.join(fresh, 'fonts.conf'), fontsConf(folder));
    await rename(fresh, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** A machine without a browser has no fonts either: the package's Open Sans covers Latin and Cyrillic. */
const fontsConf = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
</fontconfig>
`;

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
