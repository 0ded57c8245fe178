import { Hono } from 'hono';
import { z } from 'zod';
import { asActor } from '../access/actor.ts';
import { setupUrl } from '../access/setup.ts';
import { changeUser, inviteAgain, inviteUser, listPeople, listUsers, readUser, type User } from '../access/users.ts';
import type { Deps } from '../deps.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'People';

const render = (user: User) => ({ ...user, createdAt: user.createdAt.toISOString() });

export function userRoutes(deps: Deps) {
  const { sql, config } = deps;
  const invited = ({ user, setupToken }: { readonly user: User; readonly setupToken: string }) => ({
    ...render(user),
    setupUrl: setupUrl(config.publicUrl, setupToken),
  });
  return new Hono<AppEnv>()
    .get(
      '/people',
      describe({
        summary: 'Everybody who may own a lead',
        tag: TAG,
        answer: z.object({ people: z.array(shapes.person) }),
      }),
      allow(),
      async (c) => c.json({ people: await asActor(sql, c.get('actor'), listPeople) }, 200),
    )
    .get(
      '/users',
      describe({ summary: 'Everybody who logs in', tag: TAG, answer: z.object({ users: z.array(shapes.user) }) }),
      allow('admin', 'head'),
      async (c) => c.json({ users: (await listUsers(sql, c.get('actor'))).map(render) }, 200),
    )
    .get(
      '/users/:id',
      describe({ summary: 'One person', tag: TAG, answer: shapes.user }),
      allow('admin', 'head'),
      idParam(),
      async (c) => c.json(render(await readUser(sql, c.req.valid('param').id)), 200),
    )
    .post(
      '/users',
      describe({
        summary: 'Invite a person',
        description: 'The answer holds the link with which they choose their password; it works once, for 7 days.',
        tag: TAG,
        status: 201,
        answer: shapes.invited,
        problems: { 409: 'Somebody with this e-mail address is already here' },
      }),
      allow('admin'),
      body(shapes.newUser),
      async (c) => c.json(invited(await inviteUser(deps, c.get('actor'), c.req.valid('json'))), 201),
    )
    .post(
      '/users/:id/invite',
      describe({
        summary: 'Make a new set-up link',
        description: 'For a lost link or a forgotten password. Earlier links of this person end.',
        tag: TAG,
        answer: shapes.invited,
      }),
      allow('admin'),
      idParam(),
      async (c) => c.json(invited(await inviteAgain(deps, c.get('actor'), c.req.valid('param').id)), 200),
    )
    .patch(
      '/users/:id',
      describe({
        summary: 'Change or disable a person',
        description: 'Disabling ends all sessions and stops the keys of this person at once.',
        tag: TAG,
        answer: shapes.user,
        problems: { 409: 'The last administrator stays' },
      }),
      allow('admin'),
      idParam(),
      body(shapes.userChange),
      async (c) =>
        c.json(render(await changeUser(deps, c.get('actor'), c.req.valid('param').id, c.req.valid('json'))), 200),
    );
}
