-- Intake. `deliveries` is what was received and never changes. Each delivery stands in exactly one of `pending` and
-- `outcomes`: that is what the ledger adds up. The delivery's own data key travels with it: wrapped by the endpoint's
-- key in `pending`, by the contact's key in `outcomes`, so that destroying a contact's key also seals the raw bytes.
create table deliveries (
  id uuid primary key,
  endpoint_id uuid not null,
  received_at timestamptz not null,
  repeat_key uuid,
  body_mac uuid not null,
  raw bytea not null
);
create unique index deliveries_repeat on deliveries (repeat_key) where repeat_key is not null;
comment on column deliveries.body_mac is '128 bits of HMAC-SHA-256 of the body: tells a repeat from a reused key';

create table pending (
  delivery_id uuid primary key,
  endpoint_id uuid not null,
  key_wrap bytea not null,
  bytes integer not null,
  contact_id uuid,
  lead_id uuid,
  was text,
  attempts smallint not null default 0,
  not_before timestamptz
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000, fillfactor = 90);
-- Only what failed before is in here, so the hot path never touches it.
create index pending_again on pending (not_before) where attempts > 0;
comment on column pending.was is 'the outcome before a replay';
comment on column pending.contact_id is 'set at a replay: the key is wrapped by this contact''s key instead of the endpoint''s';

create table outcomes (
  delivery_id uuid primary key,
  endpoint_id uuid not null,
  outcome text not null check (outcome in ('opened', 'attached', 'ignored', 'quarantined')),
  reason text,
  contact_id uuid,
  lead_id uuid,
  key_wrap bytea not null,
  attempts smallint not null,
  decided_at timestamptz not null default now(),
  check (outcome not in ('opened', 'attached') or (contact_id is not null and lead_id is not null)),
  check (outcome not in ('ignored', 'quarantined') or reason is not null)
);
create index outcomes_quarantine on outcomes (delivery_id) where outcome = 'quarantined';

-- What a person changed in a quarantined delivery before retrying it. The original stays as it was.
create table delivery_edits (
  delivery_id uuid not null,
  version smallint not null,
  edited_by uuid,
  edited_at timestamptz not null default now(),
  raw bytea not null,
  primary key (delivery_id, version)
);

-- What a processor is about to work on, written before it starts: a delivery that kills its process is counted.
create table batch_claims (
  id uuid primary key,
  claimed_at timestamptz not null default now(),
  delivery_ids jsonb not null
);

-- Values that may be used once (captcha answers), and request counters of the rate limits.
create table once_values (
  value uuid primary key,
  expires_at timestamptz not null
);
create index once_values_expiry on once_values (expires_at);
create table rate_counters (
  key uuid not null,
  window_start timestamptz not null,
  hits integer not null,
  primary key (key, window_start)
) with (fillfactor = 50);

-- Who did what. Append-only and hash-chained; `data` holds ids, never personal data.
create table audit_log (
  id bigint primary key,
  at timestamptz not null,
  actor_id uuid,
  actor text not null,
  action text not null,
  target text,
  data jsonb not null,
  hash bytea not null
);

-- Secrets of this installation that are not keys of a person: wrapped by the master key.
create table vault_keys (
  purpose text primary key,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);

-- The receipt in ms since the epoch: the first 48 bits of a UUIDv7.
create function inlet_id_ms(id uuid) returns bigint immutable parallel safe language sql as $$
  select ('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint
$$;
