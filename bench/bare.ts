/**
 * The baseline: Hono and postgres.js, one single-row insert a request, nothing else. No parsing of fields, no
 * encryption, no history, no duplicates caught: what a quick script would do.
 */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import postgres from 'postgres';
import { newId } from '../src/ids.ts';

const sql = postgres(process.env.DATABASE_URL ?? '', { onnotice: () => {} });
await sql`create table if not exists bare (id uuid primary key, received_at timestamptz not null, body jsonb not null)`;

const app = new Hono();
app.post('/', async (c) => {
  const body: unknown = await c.req.json();
  const id = newId();
  await sql`insert into bare (id, received_at, body) values (${id}, now(), ${sql.json(body as postgres.JSONValue)})`;
  return c.json({ id }, 202);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(`ready: http://127.0.0.1:${port}/`),
);
