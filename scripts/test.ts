/**
 * `npm test [-- vitest arguments]`: makes the web app ready, runs the tests. The last line is always
 * `N passed, N failed`, with `, N skipped` where a test says why it cannot run here.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildWeb, compileMessages, run } from './run.ts';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { status: string }[];
  }[];
}

function finish(passed: number, failed: number, skipped: number): void {
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
}

/** A file that could not be loaded has no tests to fail, and an error outside of every test fails none: both count. */
function count(report: Report, code: number, before: number): void {
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const failed = report.numFailedTests + unloaded.length;
  const skipped = report.numPendingTests + report.numTodoTests;
  finish(report.numPassedTests, before + (code === 0 ? failed : Math.max(failed, 1)), skipped);
}

async function main(): Promise<void> {
  let broken = 0;
  for (const prepare of [compileMessages, buildWeb]) {
    const { code, output } = await prepare();
    if (code === 0) continue;
    console.log(`${output}\nthe web app cannot be built: this counts as one failed test`);
    broken = 1;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'inlet-report-'));
  const file = path.join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { code } = await run('vitest', ['run', ...reporters, ...process.argv.slice(2)], 'show');
    if (existsSync(file)) count(JSON.parse(await readFile(file, 'utf8')) as Report, code, broken);
    else finish(0, broken + 1, 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
