/** The commands' entry: `npm run inlet -- <command>`. */
import { text } from 'node:stream/consumers';
import { runCli } from './cli/run.ts';

// Not process.exit: what was written to a pipe must get through first.
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  readStdin: () => text(process.stdin),
  out: (line) => void process.stdout.write(line),
  err: (line) => void process.stderr.write(line),
});
