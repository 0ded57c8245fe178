/** What the scripts share: running the tools of `node_modules/.bin`, and making ready what types and tests need. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

export interface Outcome {
  readonly code: number;
  /** Standard output and error as they came; empty when they went to the terminal. */
  readonly output: string;
}

/** Runs a tool under the Node of `node_modules/.bin`, whichever Node runs this script's npm. */
export function run(command: string, args: readonly string[], show: 'show' | 'keep'): Promise<Outcome> {
  const PATH = `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH ?? ''}`;
  const stdio = show === 'show' ? 'inherit' : 'pipe';
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', stdio, stdio], env: { ...process.env, PATH } });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

const messages = 'src/web/project.inlang';

/** The web app's texts in English and Russian become functions, which its types and its build need. */
export async function compileMessages(): Promise<Outcome> {
  if (!existsSync(path.join(root, messages))) return { code: 0, output: '' };
  // The same choices as in src/web/vite.config.ts, or the two would overwrite each other's.
  const choices = ['--strategy', 'globalVariable', 'baseLocale', '--no-emit-readme', '--no-emit-prettier-ignore'];
  return run('paraglide-js', ['compile', '--project', messages, '--outdir', 'src/web/paraglide', ...choices], 'keep');
}

/** Builds the web app unless `dist/web` was built from these very files. */
export async function buildWeb(): Promise<Outcome> {
  const config = 'src/web/vite.config.ts';
  if (!existsSync(path.join(root, config))) return { code: 0, output: '' };
  const stamp = path.join(root, '.cache/web-built-from');
  const now = await hashSources();
  if (existsSync(path.join(root, 'dist/web')) && (await readFile(stamp, 'utf8').catch(() => '')) === now)
    return { code: 0, output: '' };
  const compiled = await compileMessages();
  if (compiled.code !== 0) return compiled;
  const outcome = await run('vite', ['build', '--config', config], 'keep');
  if (outcome.code === 0) {
    await mkdir(path.dirname(stamp), { recursive: true });
    await writeFile(stamp, now);
  }
  return outcome;
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256');
  const names: string[] = [];
  for await (const entry of glob(['src/web/**/*', 'package-lock.json'], { cwd: root, withFileTypes: true }))
    if (entry.isFile()) names.push(path.relative(root, path.join(entry.parentPath, entry.name)));
  // What building writes itself is no source.
  const made = /^src\/web\/(?:paraglide\/|project\.inlang\/(?!settings\.json$))/;
  for (const name of names.filter((file) => !made.test(file)).sort())
    hash.update(`${name}\0`).update(await readFile(path.join(root, name)));
  return hash.digest('hex');
}
