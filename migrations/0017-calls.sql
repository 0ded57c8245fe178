-- Calls. What providers tell about a call is a set of facts; the row holds all of them, sealed, and what they add up to.
-- The whole set stands in one row, so that its lock makes two replicas that hear of one call take turns.
create table calls (
  id uuid primary key,
  endpoint_id uuid not null,
  delivery_id uuid not null,
  message_id uuid,
  contact_id uuid,
  lead_id uuid,
  skipped text,
  opened boolean not null default false,
  direction text not null check (direction in ('inbound', 'outbound', 'internal')),
  state text not null check (state in ('ringing', 'talking', 'ended')),
  outcome text check (outcome in ('answered', 'voicemail', 'blocked', 'declined', 'busy', 'missed', 'cancelled', 'failed')),
  started_at timestamptz not null,
  answered_at timestamptz,
  ended_at timestamptz,
  wait_seconds integer,
  talk_seconds integer,
  ringing uuid[] not null default '{}',
  answered_by uuid,
  given_to uuid,
  detail jsonb not null default '{}',
  facts bytea not null,
  heard_at timestamptz not null,
  check ((message_id is null) = (contact_id is null) and (message_id is null) = (lead_id is null)),
  check (state <> 'ended' or outcome is not null),
  check (message_id is null or skipped is null)
) with (fillfactor = 70);
comment on column calls.id is 'blind index of the provider''s call id: the event_key of its message';
comment on column calls.facts is 'sealed: by the contact''s key once there is one, until then by the endpoint''s';
comment on column calls.detail is 'our numbers, extensions, transfers: nothing of the client';
comment on column calls.skipped is 'why this call is no message: internal, blocked';
comment on column calls.given_to is 'who got the lead because of this call';
create unique index calls_message on calls (message_id) where message_id is not null;
create index calls_contact on calls (contact_id, started_at) where contact_id is not null;
create index calls_talking on calls (answered_by) where state = 'talking';
create index calls_live on calls (lead_id) where state <> 'ended';
create index calls_heard on calls (heard_at) where message_id is not null;
create index calls_unsettled on calls (heard_at) where skipped is null and (state <> 'ended' or message_id is null);

-- Who is who at a provider. Names that were seen and belong to nobody yet stand here without a person.
create table extensions (
  endpoint_id uuid not null,
  extension text not null check (length(extension) between 1 and 200),
  user_id uuid references users on delete set null,
  dial text check (length(dial) between 1 and 200),
  seen_at timestamptz,
  primary key (endpoint_id, extension)
);
create index extensions_user on extensions (user_id) where user_id is not null;

-- A missed call is a promise to call back. One open promise a lead.
create table callbacks (
  id uuid primary key,
  lead_id uuid not null,
  contact_id uuid not null,
  call_id uuid not null,
  missed_at timestamptz not null,
  missed smallint not null default 1,
  due_at timestamptz not null,
  done_at timestamptz,
  done_by uuid,
  done_how text check (done_how in ('called', 'client-called', 'by-hand', 'answered-after-all', 'lead-closed')),
  check ((done_at is null) = (done_how is null))
);
create unique index callbacks_open on callbacks (lead_id) where done_at is null;
create index callbacks_call on callbacks (call_id);
create index callbacks_contact on callbacks (contact_id) where done_at is null;

-- What we told a provider while a call rang, and why.
create table call_routes (
  call_id uuid primary key,
  endpoint_id uuid not null,
  at timestamptz not null default now(),
  people uuid[] not null default '{}',
  because jsonb not null,
  took_ms integer not null
);
create index call_routes_age on call_routes (at);

alter table queues add column response_seconds integer not null default 900 check (response_seconds between 60 and 604800);
comment on column queues.response_seconds is 'within so many open seconds a missed call has to be called back';

alter table users add column may_listen boolean not null default false;
update users set may_listen = true where role in ('admin', 'head');
create function inlet_may_listen() returns boolean stable parallel safe language sql security definer
  set search_path from current as $$
  select case when inlet_user() is null then inlet_role() = 'admin'
    else exists (select from users u where u.id = inlet_user() and u.may_listen and u.disabled_at is null) end
$$;

alter table attachments add column recording boolean not null default false;
alter table attachments drop constraint attachments_state_check;
alter table attachments add constraint attachments_state_check check (state in ('here', 'waiting', 'failed', 'expired'));
create index attachments_recordings on attachments (endpoint_id, id) where recording and state = 'here';

grant select, insert, update on calls, callbacks, call_routes to inlet_system;
grant select, insert, update, delete on extensions to inlet_system;
grant delete on call_routes to inlet_system;
grant select (id, endpoint_id, message_id, contact_id, lead_id, opened, direction, state, outcome, started_at, answered_at,
  ended_at, wait_seconds, talk_seconds, ringing, answered_by, given_to, detail) on calls to inlet_app;
grant select on callbacks, call_routes, extensions to inlet_app;
grant select (may_listen) on users to inlet_app;
do $$
declare t text;
begin
  foreach t in array array['calls', 'callbacks', 'call_routes'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy system_all on %I to inlet_system using (true) with check (true)', t);
  end loop;
end $$;
create policy call_visible on calls for select to inlet_app using (exists (select from leads l where l.id = lead_id));
create policy callback_visible on callbacks for select to inlet_app using (exists (select from leads l where l.id = lead_id));
create policy route_visible on call_routes for select to inlet_app using (exists (select from calls c where c.id = call_id));
