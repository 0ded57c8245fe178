/** From words to a command to an exit code: 0 done, 1 failed, 2 wrong usage. */

import { Conflict } from '../conflict.ts';
import { isTransient, redact } from '../db/open.ts';
import { causeChain, Rejected } from '../errors.ts';
import { createLog } from '../node-log.ts';
import { type Command, type Done, type Io, PROGRAM, UsageError } from './command.ts';
import { commands } from './commands.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const end = args.indexOf('--');
  const ours = end < 0 ? args : args.slice(0, end);
  const json = ours.includes('--json');
  const rest = args.filter((arg, index) => !(arg === '--json' && (end < 0 || index < end)));
  try {
    const found = findCommand(rest);
    if (ours.includes('--help') || ours.includes('-h')) return help(io, rest, found);
    if (found === undefined) throw unknown(rest);
    const done = await found.command.execute(found.args, {
      ...io,
      log: logOf(io),
      say: (line) => io.err(`${line}\n`),
    });
    return finish(io, done, json);
  } catch (error) {
    return fail(io, error, json);
  }
}

/** Commands report by what they print; what else the house has to say interests only when something is wrong. */
function logOf({ env }: Io) {
  const level = env.INLET_LOG ?? '';
  return createLog(LEVELS.includes(level) ? level : 'warn');
}

interface Found {
  readonly command: Command;
  readonly args: readonly string[];
}

function findCommand(args: readonly string[]): Found | undefined {
  for (const length of [2, 1]) {
    const words = args.slice(0, length).join(' ');
    const command = commands.find((one) => one.words === words);
    if (command !== undefined) return { command, args: args.slice(length) };
  }
  return undefined;
}

function unknown(args: readonly string[]): UsageError {
  const first = args[0];
  const group = commands.filter((one) => one.words.startsWith(`${first} `));
  if (first === undefined || first.startsWith('-')) return new UsageError(`Name a command.\n\n${overview(commands)}`);
  if (group.length > 0) return new UsageError(`Say what to do with it.\n\n${overview(group)}`);
  return new UsageError(`There is no command "${first}".\n\n${overview(commands)}`);
}

function help(io: Io, args: readonly string[], found: Found | undefined): number {
  const named = args.filter((arg) => !arg.startsWith('-'));
  if (found !== undefined) io.out(found.command.help(named.slice(found.command.words.split(' ').length)));
  else {
    const group = commands.filter((one) => one.words.startsWith(`${named[0]} `));
    if (named.length > 0 && group.length === 0) throw unknown(named);
    io.out(`${overview(group.length > 0 ? group : commands)}\n`);
  }
  return 0;
}

function overview(list: readonly Command[]): string {
  const width = Math.max(...list.map(({ words }) => words.length));
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    '',
    ...list.map(({ words, summary }) => `  ${words.padEnd(width)}  ${summary}`),
    '',
    `Each has --help and --json (then call it with npm run -s). Exit code: 0 done, 1 failed, 2 wrong usage.`,
  ].join('\n');
}

function finish(io: Io, done: Done, json: boolean): number {
  io.out(json ? `${JSON.stringify(done.json)}\n` : `${done.text}\n`);
  return done.failed === true ? 1 : 0;
}

function fail(io: Io, error: unknown, json: boolean): number {
  const { message, fields = {}, code } = explain(error);
  const lines = Object.entries(fields).map(([field, what]) => `  ${field}: ${what}`);
  io.err(`${[message, ...lines].join('\n')}\n`);
  if (json) io.out(`${JSON.stringify({ error: message.split('\n')[0], fields })}\n`);
  return code;
}

interface Explained {
  readonly message: string;
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly code: 1 | 2;
}

function explain(error: unknown): Explained {
  if (error instanceof UsageError) return { message: error.message, fields: error.fields, code: 2 };
  if (error instanceof Rejected) {
    const wrongUsage = error.status === 422 || error.status === 400;
    return { message: error.message, fields: error.fields, code: wrongUsage ? 2 : 1 };
  }
  if (error instanceof Conflict) return { message: error.message, code: 1 };
  // Names of classes tell a person nothing here; redacted, because a database error may quote somebody's data.
  const chain = causeChain(redact(error)).map((line) =>
    line.replace(/^\w*(?:Error|CannotOpen|UnknownMasterKey): /, ''),
  );
  const hint = isTransient(error) ? [`To see what is wrong: ${PROGRAM} doctor`] : [];
  return { message: [chain.join('\n  because of: '), ...hint].join('\n'), code: 1 };
}
