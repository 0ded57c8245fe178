-- Conversations both ways. A message that we send is a row of `messages` like any other; `sends` says what became of
-- it, `jobs` is the work that is left to do with the outside world, `receipts` is what the provider said, kept by the
-- provider's id so that it may come before we have written that id down.
alter table leads add column first_response_at timestamptz, add column unanswered_since timestamptz;
comment on column leads.unanswered_since is 'when the client wrote what nobody has answered yet';
alter table messages add column incomplete boolean not null default false, add column duplicate_of uuid;
comment on column messages.duplicate_of is 'the provider showed us our own message before we knew its id: shown once';

-- Further provider ids of one message that had to be sent in pieces.
create table message_ids (
  event_key uuid primary key,
  message_id uuid not null
);
create table message_changes (
  message_id uuid not null,
  contact_id uuid not null,
  kind text not null check (kind in ('edited', 'deleted', 'completed')),
  at timestamptz not null,
  body bytea,
  primary key (message_id, kind, at),
  check ((kind = 'deleted') = (body is null))
);
create unique index message_changes_once on message_changes (message_id, kind) where kind <> 'edited';

create table receipts (
  event_key uuid primary key,
  rank smallint not null check (rank in (10, 15, 20, 30)),
  at timestamptz not null,
  reason text
);
comment on column receipts.rank is '10 sent, 15 failed, 20 delivered, 30 read: never moves down';

create table conversations (
  contact_id uuid not null,
  endpoint_id uuid not null,
  reach bytea not null,
  reach_at timestamptz not null,
  last_inbound_at timestamptz,
  blocked_at timestamptz,
  asked_at timestamptz,
  primary key (contact_id, endpoint_id)
);
comment on column conversations.last_inbound_at is 'by the provider''s clock: its reply window counts from there';

create table sends (
  message_id uuid primary key,
  contact_id uuid not null,
  lead_id uuid not null,
  endpoint_id uuid not null,
  state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed', 'unknown')),
  reason text,
  attempts smallint not null default 0,
  request_key uuid,
  provider_id bytea,
  identity bytea,
  queued_at timestamptz not null default now(),
  sent_at timestamptz,
  check (state not in ('failed', 'unknown') or reason is not null),
  check ((state = 'sent') = (sent_at is not null))
);
create unique index sends_request on sends (request_key) where request_key is not null;
create index sends_trouble on sends (lead_id) where state in ('failed', 'unknown');

-- Work with the outside world. A row goes when its work is done, for good or bad: the result stands with its subject.
-- Jobs of one lane run one after the other, in the order of their ids.
create table jobs (
  id uuid primary key,
  kind text not null check (kind in ('send', 'fetch')),
  subject_id uuid not null,
  endpoint_id uuid not null,
  lane uuid not null,
  run_at timestamptz not null default now(),
  attempts smallint not null default 0,
  held_by uuid,
  held_until timestamptz,
  check ((held_by is null) = (held_until is null))
) with (fillfactor = 70);
create index jobs_due on jobs (run_at);
create index jobs_lane on jobs (lane, id);

-- A file that the provider still keeps has no content yet.
alter table attachments alter content drop not null;
alter table attachments add column state text not null default 'here' check (state in ('here', 'waiting', 'failed')),
  add column reason text, add column remote bytea, add column endpoint_id uuid,
  add check ((state = 'here') = (content is not null)), add check (state <> 'failed' or reason is not null);

-- Files of an answer that is still being written. Sealed as the attachments they will be.
create table uploads (
  id uuid primary key,
  contact_id uuid not null,
  user_id uuid,
  actor text not null,
  name bytea not null,
  media_type text not null,
  size integer not null,
  content bytea not null,
  created_at timestamptz not null default now()
);
alter table uploads alter content set storage external;
create index uploads_age on uploads (created_at);
create table drafts (
  actor text not null,
  contact_id uuid not null,
  body bytea not null,
  updated_at timestamptz not null default now(),
  primary key (actor, contact_id)
);
create table reply_templates (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  language text not null check (language in ('en', 'ru')),
  text text not null check (length(text) between 1 and 4000),
  created_by uuid,
  updated_at timestamptz not null default now()
);

grant select, insert, delete on message_ids, message_changes to inlet_system;
grant select, insert, update, delete on receipts, conversations, sends, jobs, uploads, drafts, reply_templates
  to inlet_system;
grant update on attachments to inlet_system;
grant select on message_ids, message_changes, receipts, conversations, sends, uploads, drafts, reply_templates
  to inlet_app;
do $$
declare t text;
begin
  foreach t in array array['message_ids', 'message_changes', 'receipts', 'conversations', 'sends', 'uploads', 'drafts'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy system_all on %I to inlet_system using (true) with check (true)', t);
  end loop;
end $$;
create policy ids_visible on message_ids for select to inlet_app
  using (exists (select from messages m where m.id = message_id));
create policy change_visible on message_changes for select to inlet_app using (inlet_may_read_contact(contact_id));
-- A rank and a time under a key that tells nothing; what it belongs to is guarded where the message is.
create policy receipt_visible on receipts for select to inlet_app using (true);
create policy conversation_visible on conversations for select to inlet_app using (inlet_may_read_contact(contact_id));
create policy send_visible on sends for select to inlet_app using (inlet_may_read_contact(contact_id));
create policy own_uploads on uploads for select to inlet_app using (actor = current_setting('inlet.actor', true));
create policy own_drafts on drafts for select to inlet_app using (actor = current_setting('inlet.actor', true));
