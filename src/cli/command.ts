/** What a command is, what it is handed and what it gives back. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Log } from '../log.ts';

interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** What the value is called in the help. */
  readonly value?: string;
  readonly help: string;
}

type Options = Readonly<Record<string, Option>>;

type Values<O extends Options> = {
  readonly [Name in keyof O]?: O[Name] extends { type: 'boolean' }
    ? boolean
    : O[Name] extends { multiple: true }
      ? string[]
      : string;
};

/** The world around a command, so that a test can be it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readStdin: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export interface Call extends Io {
  readonly log: Log;
  /** Progress and hints, to stderr: stdout is for the result. */
  readonly say: (line: string) => void;
}

export interface Done {
  /** What `--json` prints. */
  readonly json: object;
  /** What a person reads instead. */
  readonly text: string;
  /** The command worked, and what it found is bad: exit code 1. */
  readonly failed?: boolean;
}

export interface Command {
  /** The words that call it: `channel add`. */
  readonly words: string;
  readonly summary: string;
  readonly help: (positionals: readonly string[]) => string;
  readonly execute: (args: readonly string[], call: Call) => Promise<Done>;
}

/** The command was called the wrong way: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly fields: Readonly<Record<string, string>> | undefined;
  constructor(message: string, fields?: Readonly<Record<string, string>>) {
    super(message);
    this.fields = fields;
  }
}

export const PROGRAM = 'npm run inlet --';

interface Definition<O extends Options> {
  readonly words: string;
  readonly summary: string;
  /** What follows the words in the usage line. */
  readonly usage: string;
  /** How many words may follow, at least and at most. */
  readonly positionals?: readonly [number, number];
  readonly options: O;
  /** Paragraphs under the options; may depend on what was named. */
  readonly more?: string | ((positionals: readonly string[]) => string);
  readonly run: (call: Call, values: Values<O>, positionals: readonly string[]) => Promise<Done>;
}

export function defineCommand<const O extends Options>(definition: Definition<O>): Command {
  const { words, summary, usage, options, more = '', positionals: [least, most] = [0, 0] } = definition;
  return {
    words,
    summary,
    help: (named) =>
      [
        `Usage: ${PROGRAM} ${words} ${usage}`.trimEnd(),
        '',
        summary,
        '',
        ...describe(options),
        ...(more === '' ? [] : ['', typeof more === 'string' ? more : more(named)]),
        '',
      ].join('\n'),
    execute: async (args, call) => {
      const { values, positionals } = parse(args, options);
      if (positionals.length < least) throw new UsageError(`${words} needs more: ${PROGRAM} ${words} ${usage}`);
      if (positionals.length > most)
        throw new UsageError(`${words} takes ${most === 0 ? 'no words' : `${most} at most`} after it; see --help`);
      return definition.run(call, values as Values<O>, positionals);
    },
  };
}

function parse(args: readonly string[], options: Options): { values: object; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options: options as ParseArgsOptionsConfig, allowPositionals: true });
  } catch (error) {
    // Node's sentences are good; the second one teaches positionals that start with a dash, which we have none of.
    const said = error instanceof Error ? error.message : String(error);
    throw new UsageError(said.replace(/\. To specify a positional argument.*$/s, ''));
  }
}

function describe(options: Options): string[] {
  const lines = Object.entries(options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} <${value}>`,
    help,
  ]);
  lines.push(['--json', 'One JSON object on stdout instead of text'], ['--help', 'This']);
  const width = Math.max(...lines.map(([name = '']) => name.length));
  return ['Options:', ...lines.map(([name = '', help = '']) => `  ${name.padEnd(width)}  ${help}`)];
}

/** An option that has to be there. */
export function needed(value: string | undefined, name: string): string {
  if (value === undefined || value.trim() === '')
    throw new UsageError(`--${name} is needed.`, { [name]: 'is needed' });
  return value;
}
