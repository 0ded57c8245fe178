/** `npm run check`: types, format, lint, dead code. Runs them all, says one line for each, exits 1 if any failed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compileMessages, type Outcome, root, run } from './run.ts';

/** A tool that found hundreds of things has said enough. */
const maxLines = 80;

const CHECKS: readonly (readonly [name: string, check: () => Promise<Outcome>])[] = [
  ['messages', compileMessages],
  ['types', () => types('tsconfig.json')],
  ['web types', () => types('src/web/tsconfig.json')],
  ['biome', () => run('biome', ['check', '.', '--error-on-warnings', '--colors=off'], 'keep')],
  ['oxlint', () => run('oxlint', ['--type-aware', '--deny-warnings'], 'keep')],
  ['knip', () => run('knip', ['--no-config-hints', '--no-progress'], 'keep')],
];

async function types(project: string): Promise<Outcome> {
  if (!existsSync(path.join(root, project))) return { code: 0, output: '' };
  return run('tsc', ['-p', project, '--pretty', 'false'], 'keep');
}

for (const [name, check] of CHECKS) {
  const began = Date.now();
  const { code, output } = await check();
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  if (code === 0) continue;
  process.exitCode = 1;
  const lines = output.trim().split('\n');
  console.log(lines.slice(0, maxLines).join('\n'));
  if (lines.length > maxLines) console.log(`... ${lines.length - maxLines} more lines: run ${name} by itself`);
}
