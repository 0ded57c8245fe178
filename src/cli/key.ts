import { listApiKeys, makeApiKey, revokeApiKey } from '../access/api-keys.ts';
import * as shapes from '../http/shapes.ts';
import { isId } from '../ids.ts';
import { checkShape } from './check-shape.ts';
import { defineCommand, needed, PROGRAM, UsageError } from './command.ts';
import { findUser } from './find.ts';
import { CLI, withHouse } from './open.ts';
import { table } from './table.ts';

export const keyAdd = defineCommand({
  words: 'key add',
  summary: 'Make an API key for scripts',
  usage: '--name <text> --scope read|write|admin [--user <email>]',
  options: {
    name: { type: 'string', value: 'text', help: 'What it is for' },
    scope: { type: 'string', value: 'scope', help: 'read: reads without personal data; write: as a head; admin: all' },
    user: { type: 'string', value: 'email', help: 'The key acts as this person' },
  },
  run: (call, values) => {
    const given = { name: needed(values.name, 'name'), scope: needed(values.scope, 'scope') };
    const input = checkShape(shapes.newApiKey, given, 'The key');
    return withHouse(call, async ({ deps, installation }) => {
      const userId = values.user === undefined ? undefined : await findUser(deps.sql, values.user);
      const { id, secret } = await makeApiKey(installation, CLI, { ...input, userId });
      const text = [
        `The key "${input.name}" was made. This is the only time it is shown:`,
        '',
        `  ${secret}`,
        '',
        `Use it as: curl -H "Authorization: Bearer <key>" ${deps.config.publicUrl}/api/v1/leads`,
      ];
      return { json: { id, secret }, text: text.join('\n') };
    });
  },
});

export const keyList = defineCommand({
  words: 'key list',
  summary: 'List the API keys that work',
  usage: '',
  options: {},
  run: (call) =>
    withHouse(call, async ({ deps }) => {
      const keys = await listApiKeys(deps.sql, CLI);
      const day = (at: Date | null): string => at?.toISOString().slice(0, 16) ?? 'never';
      const rows = keys.map((key) => [key.id, key.name, key.scope, day(key.createdAt), day(key.lastUsedAt)]);
      const text =
        keys.length === 0
          ? `There are no keys. Make one: ${PROGRAM} key add --name NAME --scope read`
          : table(['id', 'name', 'scope', 'made', 'last used'], rows);
      return { json: { keys }, text };
    }),
});

export const keyRevoke = defineCommand({
  words: 'key revoke',
  summary: 'Stop an API key at once and for good',
  usage: '<id>',
  positionals: [1, 1],
  options: {},
  run: (call, _values, [id = '']) => {
    if (!isId(id)) throw new UsageError(`That is no id of a key; ${PROGRAM} key list shows them.`);
    return withHouse(call, async ({ installation }) => {
      await revokeApiKey(installation, CLI, id);
      return { json: { id, revoked: true }, text: 'The key does not work any more.' };
    });
  },
});
