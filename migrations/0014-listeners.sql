-- Listeners: whoever holds a socket or a cursor holds it under a lease with a term. Each write of a listener asks, in
-- its own transaction, whether its term is still the one: a holder that was frozen for an hour can write nothing.
create table leases (
  endpoint_id uuid primary key,
  holder uuid,
  term bigint not null default 0,
  until timestamptz not null default '-infinity',
  -- Set by a person: the holder ends its session and begins a new one.
  restart_at timestamptz
) with (fillfactor = 50);

-- Cursors and sessions. Names may hold a client's address, so they are blind too.
create table listener_state (
  endpoint_id uuid not null,
  name uuid not null,
  value bytea not null,
  primary key (endpoint_id, name)
) with (fillfactor = 70);

create table endpoint_health (
  endpoint_id uuid primary key,
  state text not null check (state in ('connecting', 'connected', 'waiting', 'needs-human')),
  since timestamptz not null,
  account text,
  detail text,
  retry_at timestamptz,
  pairing bytea,
  reported_at timestamptz not null
);

-- How often an endpoint usually hears something: counted from `deliveries` by a timer, never by the one who accepts.
create table endpoint_activity (
  endpoint_id uuid primary key,
  last_at timestamptz not null,
  counted_to uuid not null,
  deliveries bigint not null default 0,
  longest_gap_seconds integer not null default 0,
  measured_since timestamptz not null
);

-- What a head should know now. One open alarm of a kind and endpoint.
create table alarms (
  id uuid primary key,
  endpoint_id uuid not null,
  kind text not null check (kind in ('silent', 'logged-out', 'sending-fails')),
  raised_at timestamptz not null default now(),
  detail text,
  ended_at timestamptz,
  seen_by uuid,
  seen_at timestamptz
);
create unique index alarms_one_open on alarms (endpoint_id, kind) where ended_at is null;

-- After a key was rotated the old address goes on working for a while, so that no event in flight is lost.
create table endpoint_keys (
  key text primary key check (length(key) between 20 and 64),
  endpoint_id uuid not null,
  valid_until timestamptz not null
);

grant select, insert, update, delete on leases, listener_state, endpoint_health, endpoint_activity, alarms, endpoint_keys
  to inlet_system;
