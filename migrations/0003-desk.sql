-- How the sales desk is set up: endpoints, pipeline, queues, rules. Read on every batch, changed rarely.
create table endpoints (
  id uuid primary key,
  channel text not null,
  key text not null unique check (length(key) between 20 and 64),
  name text not null check (length(name) between 1 and 200),
  settings bytea not null,
  key_wrap bytea not null,
  default_country text not null default 'RU' check (default_country ~ '^[A-Z]{2}$'),
  language text not null default 'en' check (language in ('en', 'ru')),
  rate_per_address integer check (rate_per_address >= 0),
  rate_per_endpoint integer check (rate_per_endpoint >= 0),
  paused_at timestamptz,
  deleted_at timestamptz,
  created_at timestamptz not null default now()
);
comment on column endpoints.rate_per_address is 'requests a minute from one client address; null: the channel''s default, 0: no limit';

create table stages (
  id text primary key,
  pipeline text not null default 'sales',
  position smallint not null,
  title_en text not null,
  title_ru text not null,
  kind text not null check (kind in ('open', 'won', 'lost')),
  unique (pipeline, position)
);
insert into stages (id, position, title_en, title_ru, kind) values
  ('new_request', 1, 'New request', 'Новая заявка', 'open'),
  ('in_progress', 2, 'In progress', 'В работе', 'open'),
  ('proposal', 3, 'Proposal sent', 'Предложение отправлено', 'open'),
  ('agreed', 4, 'Agreed', 'Договорились', 'open'),
  ('won', 5, 'Won', 'Успешно', 'won'),
  ('lost', 6, 'Lost', 'Отказ', 'lost');

create table queues (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  is_default boolean not null default false,
  strategy text not null default 'by_hand' check (strategy in ('by_hand', 'round_robin')),
  hours jsonb,
  offer_seconds integer not null default 60 check (offer_seconds between 5 and 86400),
  owner_first_seconds integer not null default 600 check (owner_first_seconds between 0 and 604800),
  senior_after_seconds integer check (senior_after_seconds >= 0),
  head_after_seconds integer check (head_after_seconds >= 0),
  created_at timestamptz not null default now()
);
create unique index queues_one_default on queues (is_default) where is_default;
comment on column queues.hours is '{"timezone": IANA name, "week": {"mon": [["09:00","18:00"]], ...}}; null: always open';

create table queue_members (
  queue_id uuid not null references queues on delete cascade,
  user_id uuid not null references users on delete cascade,
  line text not null default 'first' check (line in ('first', 'senior')),
  last_offered_at timestamptz,
  primary key (queue_id, user_id)
);
create index queue_members_user on queue_members (user_id);

create table routing_rules (
  id uuid primary key,
  position integer not null,
  name text not null check (length(name) between 1 and 200),
  conditions jsonb not null default '{}',
  queue_id uuid not null references queues on delete cascade,
  priority smallint not null default 0 check (priority between -1 and 1),
  enabled boolean not null default true
);

-- A counter that every change of the desk moves: replicas compare it with what they hold, once a batch.
create table desk_version (only_row boolean primary key default true check (only_row), version bigint not null);
insert into desk_version (version) values (1);
create function bump_desk_version() returns trigger language plpgsql security definer set search_path from current as $$
begin
  update desk_version set version = version + 1;
  return null;
end $$;
create trigger desk_changed after insert or update or delete on endpoints
  for each statement execute function bump_desk_version();
create trigger desk_changed after insert or update or delete on queues
  for each statement execute function bump_desk_version();
create trigger desk_changed after insert or delete or update of line on queue_members
  for each statement execute function bump_desk_version();
create trigger desk_changed after insert or update or delete on routing_rules
  for each statement execute function bump_desk_version();
create trigger desk_changed after insert or update of name, role, on_shift_since, disabled_at on users
  for each statement execute function bump_desk_version();

grant select, insert, update, delete on endpoints, queues, queue_members, routing_rules to inlet_system;
grant select on stages, desk_version to inlet_system;
grant select on stages, queues, queue_members, routing_rules to inlet_app;
grant select (id, channel, name, language, paused_at, deleted_at, created_at) on endpoints to inlet_app;
