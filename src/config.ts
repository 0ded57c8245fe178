/** The environment, read once and checked: a wrong value stops the start with a sentence that says what to change. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const text = z
  .string()
  .trim()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

const environment = z.object({
  DATABASE_URL: text.refine((value) => value === undefined || /^postgres(ql)?:\/\//.test(value), {
    message: 'must start with postgres:// (leave it out to use the embedded PostgreSQL)',
  }),
  INLET_DATA_DIR: text,
  INLET_MASTER_KEY: text,
  INLET_MASTER_KEY_FILE: text,
  INLET_PUBLIC_URL: text.refine((value) => value === undefined || /^https?:\/\/[^/?#]+\/?$/.test(value), {
    message: 'must be the address that people open, without a path: https://inlet.example.com',
  }),
  INLET_TRUSTED_PROXIES: text,
  INLET_LOG: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  HOST: text,
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
});

export interface Settings {
  /** `undefined`: the embedded PostgreSQL in the data folder. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
  /** `undefined`: made from the address that the server really listens on. */
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
}

/** @throws with one line for each wrong variable */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const read = environment.safeParse(env);
  if (!read.success)
    throw new Error(read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('\n'));
  const { data } = read;
  return {
    databaseUrl: data.DATABASE_URL,
    dataDir: path.resolve(data.INLET_DATA_DIR ?? 'data'),
    masterKey: data.INLET_MASTER_KEY,
    masterKeyFile: data.INLET_MASTER_KEY_FILE,
    publicUrl: data.INLET_PUBLIC_URL?.replace(/\/$/, ''),
    trustedProxies: (data.INLET_TRUSTED_PROXIES ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
    logLevel: data.INLET_LOG,
    host: data.HOST ?? '127.0.0.1',
    port: data.PORT,
    version: readVersion(),
  };
}

function readVersion(): string {
  const file = path.join(import.meta.dirname, '../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
