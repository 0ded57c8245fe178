/** Logging in and out, setting up, and the person's own page. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { changePassword, login } from '../access/login.ts';
import { endSession } from '../access/sessions.ts';
import { readSetupLink, useSetupLink } from '../access/setup.ts';
import { changeUser } from '../access/users.ts';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { type AppEnv, allow, dropSessionCookie, readSessionCookie, writeSessionCookie } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, params } from './validate.ts';

type Me = z.infer<typeof shapes.me>;

const meChange = shapes.userChange
  .pick({ name: true, language: true, onShift: true })
  .extend({ currentPassword: z.string().min(1).max(1024), newPassword: shapes.setup.shape.password })
  .partial()
  .refine((change) => (change.currentPassword === undefined) === (change.newPassword === undefined), {
    path: ['currentPassword'],
    message: 'a new password needs the current one, and the other way round',
  });

async function readMe({ sql }: Pick<Deps, 'sql'>, userId: string, role?: Me['role']): Promise<Me> {
  const [row] = await sql<Me[]>`
    select id, email, name, role, language, on_shift_since is not null as "onShift", may_listen as "mayListen",
      (select coalesce(json_agg(m.queue_id order by m.queue_id), '[]') from queue_members m
        where m.user_id = users.id) as queues
    from users where id = ${userId}`;
  if (row === undefined) throw new Rejected(401, 'Please log in again.');
  return { ...row, role: role ?? row.role };
}

/** @throws Rejected 403 for an API key that is not bound to anybody. */
function personOf(c: Context<AppEnv>): string {
  const { userId } = c.get('actor');
  if (userId === null) throw new Rejected(403, 'This API key is not bound to a person.');
  return userId;
}

const TAG = 'Session';

export function sessionRoutes(deps: Deps) {
  const { sql, clock, config } = deps;
  return new Hono<AppEnv>()
    .post(
      '/session',
      describe({
        summary: 'Log in',
        tag: TAG,
        open: true,
        answer: shapes.me,
        problems: { 401: 'E-mail or password is wrong', 429: 'Too many attempts' },
      }),
      body(shapes.login),
      async (c) => {
        const { email, password } = c.req.valid('json');
        const oldToken = readSessionCookie(c, config);
        const session = await login(deps, { email, password, address: c.get('address'), oldToken });
        writeSessionCookie(c, config, session.token);
        return c.json(await readMe(deps, session.userId), 200);
      },
    )
    .delete('/session', describe({ summary: 'Log out', tag: TAG }), allow(), async (c) => {
      const token = c.get('via') === 'session' ? readSessionCookie(c, config) : undefined;
      if (token !== undefined)
        await asSystem(sql, async (tx) => {
          await endSession(tx, token);
          await audit(tx, { actor: c.get('actor'), action: 'session.closed' });
        });
      dropSessionCookie(c, config);
      return c.body(null, 204);
    })
    .get('/me', describe({ summary: 'Who am I', tag: TAG, answer: shapes.me }), allow(), async (c) =>
      c.json(await readMe(deps, personOf(c), c.get('actor').role), 200),
    )
    .patch(
      '/me',
      describe({
        summary: 'Change my name, language, shift or password',
        description: 'A new password ends every other session of mine.',
        tag: TAG,
        answer: shapes.me,
      }),
      allow(),
      body(meChange),
      async (c) => {
        const userId = personOf(c);
        const { currentPassword, newPassword, ...change } = c.req.valid('json');
        if (currentPassword !== undefined && newPassword !== undefined) {
          if (c.get('via') !== 'session')
            throw new Rejected(403, 'A password is changed by its person, not by a key.');
          const given = { userId, current: currentPassword, next: newPassword, address: c.get('address') };
          writeSessionCookie(c, config, (await changePassword(deps, given)).token);
        }
        if (Object.keys(change).length > 0) await changeUser(deps, c.get('actor'), userId, change);
        return c.json(await readMe(deps, userId, c.get('actor').role), 200);
      },
    )
    .get(
      '/setup/:token',
      describe({ summary: 'Is this set-up link good?', tag: TAG, open: true, answer: shapes.setupState }),
      params(z.object({ token: z.string().max(200) })),
      async (c) => c.json(await readSetupLink(sql, c.req.valid('param').token, clock), 200),
    )
    .post(
      '/setup',
      describe({
        summary: 'Use a set-up link: choose a password and log in',
        tag: TAG,
        open: true,
        answer: shapes.me,
        problems: { 403: 'The link was used or has expired' },
      }),
      body(shapes.setup),
      async (c) => {
        const session = await useSetupLink(deps, c.req.valid('json'));
        writeSessionCookie(c, config, session.token);
        return c.json(await readMe(deps, session.userId), 200);
      },
    );
}
