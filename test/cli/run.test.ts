import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';

async function run(...args: string[]) {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    env: { INLET_LOG: 'silent', DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none', INLET_DATA_DIR: '/dev/null/no' },
    readStdin: () => Promise.resolve(''),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

test('--help lists every command, and each has its own', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  const words = [...out.matchAll(/^ {2}([a-z]+(?:[ -][a-z]+)?) {2,}\S/gm)].map((match) => match[1]!);
  expect(words.join(', ')).toBe(
    'channel add, channel list, channel test, user add, user list, key add, key list, key revoke, ' +
      'ledger, replay, doctor, demo, rotate-key, migrate',
  );
  for (const word of words) {
    const help = await run(...word.split(' '), '--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain(`Usage: npm run inlet -- ${word}`);
    expect(help.out).toContain('--json');
  }
});

test('the help of a group lists the group, that of a channel its settings', async () => {
  expect((await run('key', '--help')).out).toMatch(/key add.*\n.*key list.*\n.*key revoke/);
  const { out } = await run('channel', 'add', 'form', '--help');
  expect(out).toMatch(/captcha +none\|altcha\|/);
  expect(out).toContain('defaultCountry');
});

test.each([
  [['nonsense'], 'There is no command "nonsense"'],
  [['nonsense', '--help'], 'There is no command "nonsense"'],
  [[], 'Name a command'],
  [['channel'], 'Say what to do'],
  [['ledger', '--nope'], "Unknown option '--nope'"],
  [['ledger', 'extra'], 'takes no words'],
  [['user', 'add', '--email'], "Option '--email <value>' argument missing"],
  [['channel', 'test'], 'needs more'],
  [['key', 'add', '--scope', 'read'], '--name is needed'],
  [['replay'], 'Say what to replay'],
  [['rotate-key', '--make', '--forget-old'], 'give one'],
])('wrong usage is told, with exit code 2: %j', async (args, said) => {
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(said);
});

test('with --json an error is one object too, and the sentence stands on stderr', async () => {
  const { code, out, err } = await run('key', 'add', '--name', 'x', '--scope', 'everything', '--json');
  expect(code).toBe(2);
  expect(JSON.parse(out)).toEqual({
    error: expect.any(String),
    fields: { scope: 'must be one of read, write, admin' },
  });
  expect(err).toContain('scope: must be one of read, write, admin');
});

test('without a database a command fails, says why, and where to look', async () => {
  const { code, err } = await run('migrate');
  expect(code).toBe(1);
  expect(err).toMatch(/ECONNREFUSED[\s\S]*npm run inlet -- doctor/);
});
