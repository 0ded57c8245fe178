import path from 'node:path';
import type { Settings } from '../config.ts';
import { Conflict } from '../conflict.ts';
import type { Sql } from '../db/open.ts';
import { type Call, type Done, defineCommand, PROGRAM, UsageError } from './command.ts';
import { changedAt, forgetOldKeys, makeNewKey } from './key-file.ts';
import { countWrapped, keyIdOf, sumOf } from './key-ids.ts';
import { type House, withHouse } from './open.ts';
import { rewrapAll } from './rewrap.ts';
import { oldestServerSince } from './servers.ts';

export const rotateKey = defineCommand({
  words: 'rotate-key',
  summary: 'Replace the master key, in three steps, while everything runs',
  usage: '[--make | --forget-old]',
  options: {
    make: { type: 'boolean', help: 'Step 1: make a new key and write it in front of the old one' },
    'forget-old': { type: 'boolean', help: 'Step 3: take the old key out of the file, once nothing needs it' },
    force: { type: 'boolean', help: 'Although a server that knows only the old key seems to run' },
  },
  more: [
    'A rotation in a key file:',
    `  1. ${PROGRAM} rotate-key --make         new key in front of the old one; nothing else changes`,
    '     Restart every server: it then reads what either key wrapped. Copy the file to where you keep the key.',
    `  2. ${PROGRAM} rotate-key                wraps everything with the new key; may be stopped and started again`,
    `  3. ${PROGRAM} rotate-key --forget-old   checks that nothing is left under the old key, and drops it`,
    'With INLET_MASTER_KEY: set it to "new,old" and restart; then step 2; then set it to the new key alone.',
    'Backups from before step 2 open with the old key only: keep it for as long as you keep them.',
    'Only the keys are wrapped anew, 60 bytes for each contact; the data itself is not rewritten.',
  ].join('\n'),
  run: (call, values) => {
    if (values.make === true && values['forget-old'] === true)
      throw new UsageError('--make is the first step and --forget-old the last; give one.');
    return withHouse(call, async (house) => {
      const force = values.force === true;
      if (values.make === true) return make(house);
      return values['forget-old'] === true ? forgetOld(house, force) : rewrap(call, house, force);
    });
  },
});

/** `undefined`: the key comes from the environment, and only its owner can change it. */
function fileOf(settings: Settings): string | undefined {
  if (settings.masterKey !== undefined) return undefined;
  return settings.masterKeyFile ?? path.join(settings.dataDir, 'master.key');
}

async function make({ settings, installation }: House): Promise<Done> {
  const file = fileOf(settings);
  if (file === undefined)
    throw new UsageError(
      'The master key comes from INLET_MASTER_KEY: set that to "new,old" (openssl rand -base64 32 makes one) and ' +
        `restart every server, then run: ${PROGRAM} rotate-key`,
    );
  const { keys } = installation.masterKey;
  if (keys.length > 1)
    throw new Conflict(
      `${file} holds ${keys.length} keys already: finish that rotation first (${PROGRAM} rotate-key).`,
    );
  const key = keyIdOf(await makeNewKey(file));
  const text = [
    `${file} now holds a new key and the old one. Nothing is wrapped with the new key yet.`,
    '',
    'Next: copy the file to where you keep the key, restart every server, and then run',
    `  ${PROGRAM} rotate-key`,
  ];
  return { json: { made: true, file, key, previous: keyIdOf(keys[0]!) }, text: text.join('\n') };
}

/**
 * A server that has only the old key cannot open what we are about to wrap. Its oldest connection tells: a server that
 * was restarted has none from before the new key was there.
 */
async function mustKnowNewKey({ installation, settings }: House, force: boolean): Promise<void> {
  const file = fileOf(settings);
  if (force || file === undefined) return;
  const since = await oldestServerSince(installation.ownerUrl);
  if (since !== undefined && since < (await changedAt(file)))
    throw new Conflict(
      `A server runs that was started before ${file} was changed, and knows only the old key: restart it first. ` +
        '(If you are sure that it is not so: --force)',
    );
}

async function rewrap(call: Call, house: House, force: boolean): Promise<Done> {
  const { installation, settings } = house;
  const { sql, vault, masterKey } = installation;
  const current = keyIdOf(masterKey.keys[0]!);
  if (masterKey.keys.length > 1) await mustKnowNewKey(house, force);
  const { rewrapped, unknown } = await rewrapAll(sql, vault, current, call.say);
  const remaining = await countOthers(sql, current);
  const total = sumOf(rewrapped);
  const lines = [
    total === 0 ? 'Nothing was left to wrap anew.' : `Wrapped anew: ${Object.entries(rewrapped).map(say).join(', ')}.`,
  ];
  if (unknown > 0)
    lines.push(
      `${unknown} are under a key that is not here: add that key to the end of the list, and run this again.`,
    );
  else if (remaining > 0)
    lines.push(`${remaining} are left: a server still uses the old key. Restart it; run this again.`);
  else if (masterKey.keys.length === 1)
    lines.push(`There is one key, and everything is under it. ${PROGRAM} rotate-key --make starts a rotation.`);
  else if (fileOf(settings) === undefined) lines.push('Next: set INLET_MASTER_KEY to the new key alone, and restart.');
  else lines.push(`Everything is under the new key. Next: ${PROGRAM} rotate-key --forget-old`);
  return { json: { rewrapped, remaining, key: current }, text: lines.join('\n'), failed: remaining > 0 };
}

const say = ([what, count]: readonly [string, number]): string => `${count} ${what}`;

async function countOthers(sql: Sql, current: string): Promise<number> {
  const wrapped = await countWrapped(sql);
  return [...wrapped].reduce((sum, [id, counts]) => (id === current ? sum : sum + sumOf(counts)), 0);
}

async function forgetOld(house: House, force: boolean): Promise<Done> {
  const { installation, settings } = house;
  const { sql, masterKey } = installation;
  const file = fileOf(settings);
  const [newest, ...old] = masterKey.keys;
  await mustKnowNewKey(house, force);
  const remaining = await countOthers(sql, keyIdOf(newest!));
  if (remaining > 0) throw new Conflict(`${remaining} keys still need the old one. Run first: ${PROGRAM} rotate-key`);
  if (file !== undefined && old.length > 0) await forgetOldKeys(file, masterKey.keys);
  const json = { forgotten: file === undefined ? 0 : old.length, remaining, key: keyIdOf(newest!) };
  if (old.length === 0) return { json, text: 'There is only one key; nothing to forget.' };
  const backups = 'Backups from before the rotation open with the old key only: keep it for as long as you keep them.';
  return file === undefined
    ? { json, text: `Nothing needs the old key. Take it out of INLET_MASTER_KEY, and restart.\n${backups}` }
    : { json, text: `The old key is out of ${file}.\n${backups}` };
}
