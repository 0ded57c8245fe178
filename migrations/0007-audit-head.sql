-- The audit's chain. Each entry's hash covers the entry before it, so an entry cannot be changed, removed or moved
-- without breaking every later one. Row security hides the log from a manager, yet a manager's reveal must be chained
-- like anything else: so entries are written by one function that runs as the owner, and by nothing else. Whoever takes
-- over a manager's session can add true entries about themselves, and can neither read, reorder nor invent others'.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  id bigint not null,
  hash bytea not null
);
insert into audit_head (id, hash) values (0, decode(repeat('00', 32), 'hex'));

-- The exact text that is hashed. jsonb's own output is the canonical form: keys in a fixed order, no spaces to choose.
create function audit_text(id bigint, at timestamptz, actor_id uuid, actor text, action text, target text, data jsonb)
  returns text stable parallel safe language sql
  as $$
    select jsonb_build_array(id, trunc(extract(epoch from at) * 1000000)::bigint, actor_id, actor, action, target, data)::text
  $$;

-- The update of the head is the lock: the next entry waits until this transaction ends. Write the audit last.
create function audit_append(by_id uuid, by_name text, what text, on_what text, details jsonb) returns bigint
  language plpgsql security definer as $$
declare
  previous audit_head;
  entry_at timestamptz;
  entry_hash bytea;
begin
  if current_setting('role') = 'inlet_app' and (by_id is distinct from inlet_user()
    or (by_name not like 'key:%' and by_name is distinct from 'user:' || inlet_user())) then
    raise exception 'an audit entry names its own author' using errcode = 'insufficient_privilege';
  end if;
  select * into strict previous from audit_head for update;
  entry_at := clock_timestamp();
  entry_hash := sha256(previous.hash || convert_to(
    audit_text(previous.id + 1, entry_at, by_id, by_name, what, on_what, details), 'UTF8'));
  insert into audit_log (id, at, actor_id, actor, action, target, data, hash)
    values (previous.id + 1, entry_at, by_id, by_name, what, on_what, details, entry_hash);
  update audit_head set id = previous.id + 1, hash = entry_hash;
  return previous.id + 1;
end $$;

-- The temporary schema comes last, so that nobody's temporary table can stand in for these.
do $$
begin
  execute format('alter function audit_append set search_path = %I, pg_temp', current_schema());
end $$;

revoke insert on audit_log from inlet_system, inlet_app;
drop policy audit_written on audit_log;
revoke execute on function audit_append from public;
grant execute on function audit_append to inlet_system, inlet_app;
grant select on audit_head to inlet_system;
