import { readSettings, type Settings } from '../config.ts';
import { type Call, type Done, defineCommand } from './command.ts';
import { type Check, fail, many, words } from './doctor/check.ts';
import { reachDatabase } from './doctor/database.ts';
import { checkDesk } from './doctor/desk.ts';
import { checkMachine, readKeys } from './doctor/machine.ts';
import { checkRecords } from './doctor/records.ts';

/** Changes nothing and makes nothing, except that it starts the embedded database where that is stopped. */
export const doctorCommand = defineCommand({
  words: 'doctor',
  summary: 'Look for what is wrong and say what to do; exit code 1 when something has to be done',
  usage: '',
  options: {},
  more: 'fail: Inlet does not work, or not safely. warn: it works, and you may want to know.',
  run: async (call) => report(await examine(call)),
});

async function examine(call: Call): Promise<Check[]> {
  let settings: Settings;
  try {
    settings = readSettings(call.env);
  } catch (error) {
    return [{ name: 'environment', ...fail(words(error), 'Correct these variables.') }];
  }
  const machine = await checkMachine(settings);
  const { check: keyCheck, masters } = await readKeys(settings);
  const { checks, sql, isServing, close } = await reachDatabase(settings, call.log);
  try {
    if (sql === undefined) return [...machine, keyCheck, ...checks];
    const records = await checkRecords(sql, masters, isServing);
    return [...machine, keyCheck, ...checks, ...records, ...(await checkDesk(sql, masters))];
  } finally {
    await close();
  }
}

const SIGNS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

function report(checks: readonly Check[]): Done {
  const isOk = checks.every(({ status }) => status !== 'fail');
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 7);
  const lines = checks.flatMap(({ name, status, message, remedy }) => [
    `${SIGNS[status]} ${name.padEnd(width)}  ${message.replaceAll('\n', `\n${indent}`)}`,
    ...(remedy === null ? [] : [`${indent}-> ${remedy}`]),
  ]);
  const count = (status: Check['status']): number => checks.filter((one) => one.status === status).length;
  lines.push(
    '',
    isOk
      ? `Nothing has to be done (${many(count('warn'), 'warning')}).`
      : `${many(count('fail'), 'thing')} to put right.`,
  );
  const list = checks.map(({ name, status, message, remedy }) => ({ name, status, message, remedy }));
  return { json: { ok: isOk, checks: list }, text: lines.join('\n'), failed: !isOk };
}
