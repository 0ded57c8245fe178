/** Everything in a database, in the form in which it leaves the house. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Sql } from 'postgres';

/** By the system's pg_dump when it is as new as the server (it refuses a newer one), else every table by COPY. */
export async function dump(
  url: string,
  look: (where: string, bytes: Uint8Array) => void,
  owner: Sql,
): Promise<string> {
  const [version] = await owner<
    { major: number }[]
  >`select current_setting('server_version_num')::int / 10000 as major`;
  if (pgDumpMajor() >= version!.major) {
    const out = await promisify(execFile)('pg_dump', [url], {
      maxBuffer: 256 << 20,
      encoding: 'buffer',
    });
    look('pg_dump', out.stdout);
    return 'pg_dump';
  }
  const tables = await owner<{ name: string }[]>`
    select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`;
  for (const { name } of tables) {
    const chunks: Buffer[] = [];
    for await (const chunk of await owner.unsafe(`copy ${name} to stdout`).readable()) chunks.push(chunk as Buffer);
    look(`COPY ${name}`, Buffer.concat(chunks));
  }
  return 'COPY';
}

function pgDumpMajor(): number {
  try {
    return Number(/(\d+)/.exec(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
