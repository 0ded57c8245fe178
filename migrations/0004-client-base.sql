-- The client base. Every personal value is ciphertext (AES-256-GCM under the contact's own key, bound to table, column
-- and row); keys live in their own table so that a backup can leave them out. All ids are UUIDv7: inserts touch the
-- right edge of each index. The one random index is identities_pkey, and it holds nothing but 18 bytes an entry.
--
-- The append path has no foreign keys: these rows are written together by one statement list in one transaction, and a
-- key check per row costs as much as the row. `inlet doctor` looks for orphans instead (docs/decisions/0003).
create table contacts (
  id uuid primary key,
  created_at timestamptz not null,
  name bytea,
  language text,
  owner_id uuid references users,
  merged_into uuid
);

create table contact_keys (
  contact_id uuid primary key,
  wrapped bytea not null
);

-- `lookup` is a keyed blind index of (kind, scope, matching key): 128 bits of HMAC-SHA-256. Rank 0 is the first holder.
-- Two batches that meet the same new phone at once collide here, and the loser starts again and finds the contact.
create table identities (
  lookup uuid not null,
  rank smallint not null default 0 check (rank >= 0),
  contact_id uuid not null,
  kind text not null,
  trust smallint not null check (trust between 0 and 3),
  value bytea not null,
  created_at timestamptz not null,
  primary key (lookup, rank)
);
create index identities_contact on identities (contact_id);
comment on column identities.trust is '0 claimed, 1 observed, 2 attested, 3 verified';

create table duplicate_suspicions (
  contact_id uuid not null,
  other_id uuid not null,
  message_id uuid not null,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (contact_id, other_id),
  check (contact_id < other_id)
);

create table leads (
  id uuid primary key,
  contact_id uuid not null,
  endpoint_id uuid not null,
  channel text not null,
  stage text not null references stages,
  queue_id uuid not null,
  priority smallint not null default 0 check (priority between -1 and 1),
  owner_id uuid,
  claimed_at timestamptz,
  opened_at timestamptz not null,
  closed_at timestamptz,
  last_message_at timestamptz not null,
  messages integer not null default 1,
  repeat boolean not null,
  language text,
  source jsonb,
  senior_at timestamptz,
  head_at timestamptz,
  offered_to uuid,
  offer_until timestamptz,
  check ((owner_id is null) = (claimed_at is null)),
  check ((offered_to is null) = (offer_until is null)),
  check (owner_id is null or offered_to is null),
  check (closed_at is null or closed_at >= opened_at)
);
-- One open lead a contact: the index that makes "never doubled" true.
create unique index leads_one_open on leads (contact_id) where closed_at is null;
create index leads_closed on leads (contact_id) where closed_at is not null;
create index leads_waiting on leads (queue_id, priority desc, opened_at, id) where owner_id is null and closed_at is null;
create index leads_owned on leads (owner_id, contact_id) where owner_id is not null;
create index leads_offered on leads (offer_until) where offered_to is not null;

-- A lead's history: append-only. `data` never holds personal data.
create table lead_events (
  lead_id uuid not null,
  id bigint generated always as identity,
  at timestamptz not null default now(),
  actor_id uuid,
  kind text not null,
  data jsonb not null default '{}',
  primary key (lead_id, id)
);

-- id: derived from the delivery (first event of a delivery: the delivery's id), so that a replay cannot add a second.
create table messages (
  id uuid primary key,
  contact_id uuid not null,
  lead_id uuid not null,
  endpoint_id uuid,
  kind text not null check (kind in ('form', 'text', 'call', 'note')),
  direction text not null check (direction in ('inbound', 'outbound', 'internal')),
  author_id uuid,
  at timestamptz not null,
  event_key uuid,
  body bytea not null
);
create index messages_contact on messages (contact_id, id);
create unique index messages_event on messages (event_key) where event_key is not null;

create table attachments (
  id uuid primary key,
  message_id uuid not null,
  contact_id uuid not null,
  name bytea not null,
  media_type text not null,
  size integer not null,
  content bytea not null
);
alter table attachments alter content set storage external;
create index attachments_message on attachments (message_id);

create table consents (
  id uuid primary key,
  contact_id uuid not null,
  message_id uuid not null,
  text_hash text not null,
  purpose text not null,
  given_at timestamptz not null,
  address bytea not null
);
create index consents_contact on consents (contact_id);
