-- People who log in, their sessions, and keys for scripts. Secrets are stored only as SHA-256 or argon2id.
create table users (
  id uuid primary key,
  email text not null check (email = lower(email)),
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('admin', 'head', 'manager', 'auditor')),
  language text not null default 'en' check (language in ('en', 'ru')),
  password_hash text,
  on_shift_since timestamptz,
  disabled_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index users_email on users (email);

create table sessions (
  token_hash bytea primary key,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_user on sessions (user_id);

-- One-time links: the first admin's (user_id is null) and each invited person's.
create table setup_links (
  token_hash bytea primary key,
  user_id uuid references users on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table api_keys (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  scope text not null check (scope in ('read', 'write', 'admin')),
  secret_hash bytea not null unique,
  user_id uuid references users on delete cascade,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);

grant select, insert, update, delete on users, sessions, setup_links, api_keys to inlet_system;
grant select (id, name, role, language, on_shift_since, disabled_at) on users to inlet_app;
