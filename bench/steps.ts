/**
 * The usual way: one transaction a request, one statement a step, nothing encrypted. Finds or makes the contact, opens
 * or finds the lead, writes message and history, answers after the commit.
 */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import postgres from 'postgres';
import { newId } from '../src/ids.ts';

const sql = postgres(process.env.DATABASE_URL ?? '', { onnotice: () => {} });
await sql`create table if not exists step_contacts (id uuid primary key, name text, phone text unique, email text)`;
await sql`create index if not exists step_contacts_email on step_contacts (email)`;
await sql`create table if not exists step_leads (id uuid primary key, contact_id uuid not null references step_contacts,
  stage text not null, queue text not null, opened_at timestamptz not null, closed_at timestamptz)`;
await sql`create index if not exists step_leads_contact on step_leads (contact_id)`;
await sql`create table if not exists step_messages (id uuid primary key, lead_id uuid not null references step_leads,
  contact_id uuid not null references step_contacts, body jsonb not null)`;
await sql`create table if not exists step_history (id uuid primary key, lead_id uuid not null references step_leads,
  kind text not null, at timestamptz not null)`;

interface Body {
  readonly name: string;
  readonly phone: string;
  readonly email: string;
}

async function intake(tx: postgres.TransactionSql, body: Body): Promise<string> {
  const [known] = await tx<{ id: string }[]>`select id from step_contacts where phone = ${body.phone} for update`;
  const contact = known?.id ?? newId();
  if (known === undefined)
    await tx`
      insert into step_contacts (id, name, phone, email)
      values (${contact}, ${body.name}, ${body.phone}, ${body.email})`;
  const [open] = await tx<{ id: string }[]>`
    select id from step_leads where contact_id = ${contact} and closed_at is null`;
  const lead = open?.id ?? newId();
  if (open === undefined)
    await tx`
      insert into step_leads (id, contact_id, stage, queue, opened_at)
      values (${lead}, ${contact}, 'new_request', 'default', now())`;
  await tx`
    insert into step_messages (id, lead_id, contact_id, body)
    values (${newId()}, ${lead}, ${contact}, ${sql.json(body as unknown as postgres.JSONValue)})`;
  await tx`insert into step_history (id, lead_id, kind, at) values (${newId()}, ${lead}, 'opened', now())`;
  return lead;
}

const app = new Hono();
app.post('/', async (c) => {
  const body = await c.req.json<Body>();
  return c.json({ lead: await sql.begin((tx) => intake(tx, body)) }, 202);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(`ready: http://127.0.0.1:${port}/`),
);
