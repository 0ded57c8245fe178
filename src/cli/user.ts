import { refuseWeakPassword } from '../access/passwords.ts';
import { endSession } from '../access/sessions.ts';
import { setupUrl, useSetupLink as spendSetupLink } from '../access/setup.ts';
import { inviteUser, listUsers, type NewUser } from '../access/users.ts';
import type { Sql } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import * as shapes from '../http/shapes.ts';
import { checkShape } from './check-shape.ts';
import { type Call, defineCommand, needed, PROGRAM, UsageError } from './command.ts';
import { findQueue } from './find.ts';
import { CLI, withHouse } from './open.ts';
import { table } from './table.ts';

export const userAdd = defineCommand({
  words: 'user add',
  summary: 'Make a person who logs in, and the link with which they choose their password',
  usage: '--email <address> --name <text> --role admin|head|manager|auditor [--password-stdin]',
  options: {
    email: { type: 'string', value: 'address', help: 'What they log in with' },
    name: { type: 'string', value: 'text', help: 'What colleagues see' },
    role: { type: 'string', value: 'role', help: 'admin, head, manager or auditor' },
    language: { type: 'string', value: 'en|ru', help: 'Of their screens; en by default' },
    'password-stdin': { type: 'boolean', help: 'Read the password from stdin; no link is made then' },
    queue: { type: 'string', value: 'id or name', help: 'Join this queue instead of the default one' },
    'no-queue': { type: 'boolean', help: 'Join no queue: a manager then sees no waiting leads' },
  },
  more: 'A new manager joins the first line of the default queue. The link works once, for 7 days.',
  run: async (call, values) => {
    const { language } = values;
    const given = {
      email: needed(values.email, 'email').trim(),
      name: needed(values.name, 'name'),
      role: needed(values.role, 'role'),
      ...(language === undefined ? {} : { language }),
    };
    const input = checkShape(shapes.newUser, given, 'This person');
    if (values.queue !== undefined && values['no-queue'] === true)
      throw new UsageError('--queue and --no-queue contradict each other.');
    if (values.queue !== undefined && input.role === 'auditor')
      throw new UsageError('An auditor only reads, and stands in no queue.');
    const password = values['password-stdin'] === true ? await readPassword(call, input.email) : undefined;
    return withHouse(call, async ({ deps }) => {
      const queueId = values.queue === undefined ? undefined : await findQueue(deps.sql, values.queue);
      await warnWithoutAdmin(call, deps.sql, input.role);
      return add(deps, { ...input, queueId: values['no-queue'] === true ? null : queueId }, password);
    });
  },
});

/** The link that a server prints for the first administrator ends with the first person of any kind. */
async function warnWithoutAdmin(call: Call, sql: Sql, role: string): Promise<void> {
  if (role === 'admin') return;
  const [admin] = await sql`select from users where role = 'admin' and disabled_at is null limit 1`;
  if (admin === undefined)
    call.say(`There is no administrator yet. Make one: ${PROGRAM} user add --email E --name N --role admin`);
}

/** One line end goes: `echo` adds it, and nobody means it. */
async function readPassword(call: Call, email: string): Promise<string> {
  const password = (await call.readStdin()).replace(/\r?\n$/, '');
  const { password: checked } = checkShape(shapes.setup.pick({ password: true }), { password }, 'The password');
  refuseWeakPassword(checked, email);
  return checked;
}

async function add(deps: Deps, input: NewUser, password: string | undefined) {
  const { user, setupToken } = await inviteUser(deps, CLI, input);
  if (password === undefined) {
    const url = setupUrl(deps.config.publicUrl, setupToken);
    const text = [`${user.name} was added. With this link they choose their password (once, within 7 days):`, '', url];
    return { json: { id: user.id, setupUrl: url }, text: text.join('\n') };
  }
  await setPassword(deps, setupToken, password);
  const text = `${user.name} was added and can log in: ${deps.config.publicUrl}`;
  return { json: { id: user.id, setupUrl: null }, text };
}

/** The way the person would go; the session that it opens is nobody's. */
async function setPassword(deps: Deps, setupToken: string, password: string): Promise<void> {
  const { token } = await spendSetupLink(deps, { token: setupToken, password });
  await endSession(deps.sql, token);
}

export const userList = defineCommand({
  words: 'user list',
  summary: 'List the people who log in',
  usage: '',
  options: {},
  run: (call) =>
    withHouse(call, async ({ deps }) => {
      const users = await listUsers(deps.sql, CLI);
      const state = (user: (typeof users)[number]): string =>
        user.disabled ? 'disabled' : user.ready ? 'can log in' : 'has not used the link yet';
      const rows = users.map((user) => [user.id, user.email, user.name, user.role, state(user)]);
      const text =
        users.length === 0
          ? `Nobody can log in yet. Make an administrator: ${PROGRAM} user add --email E --name N --role admin`
          : table(['id', 'e-mail', 'name', 'role', 'state'], rows);
      return { json: { users }, text };
    }),
});
