import { mkdir } from 'node:fs/promises';
import { readSettings } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { startOwn, stopUnlessShared } from '../installation.ts';
import { defineCommand } from './command.ts';

/** Needs no master key and makes none: a deployment may migrate from a place that does not hold it. */
export const migrateCommand = defineCommand({
  words: 'migrate',
  summary: 'Bring the database to this version (a server does the same when it starts)',
  usage: '',
  options: {},
  run: async (call) => {
    const settings = readSettings(call.env);
    if (settings.databaseUrl !== undefined) return report(await migrate(settings.databaseUrl));
    await mkdir(settings.dataDir, { recursive: true, mode: 0o711 });
    const embedded = await startOwn(settings, call.log);
    try {
      return report(await migrate(embedded.url));
    } finally {
      await stopUnlessShared(embedded);
    }
  },
});

function report({ applied }: { applied: string[] }) {
  const text =
    applied.length === 0 ? 'Nothing to do: the database is up to date.' : `Applied:\n  ${applied.join('\n  ')}`;
  return { json: { applied }, text };
}
