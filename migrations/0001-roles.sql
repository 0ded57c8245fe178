-- Roles. Nobody logs in as these: the application's session or transaction switches to one of them, so that it never
-- acts as the owner of the tables and row-level security always applies to what a manager's request can reach.
--   inlet_system  intake, timers, log-in: sees every row, owns nothing, cannot rewrite history
--   inlet_app     one signed-in person or API key: sees what row-level security lets through
do $$
begin
  create role inlet_system nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
  create role inlet_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
-- Roles belong to the whole server: another database's migration may be doing the same right now.
do $$
begin
  perform pg_advisory_xact_lock(7251001);
  execute format('grant inlet_system, inlet_app to %I', current_user);
end $$;
do $$
begin
  execute format('grant usage on schema %I to inlet_system, inlet_app', current_schema());
end $$;

-- Who is asking: set with set_config(..., true) at the start of each transaction; unset means nobody, and no rows.
create function inlet_user() returns uuid stable parallel safe language sql
  as $$ select nullif(current_setting('inlet.user', true), '')::uuid $$;
create function inlet_role() returns text stable parallel safe language sql
  as $$ select coalesce(current_setting('inlet.role', true), '') $$;
create function inlet_sees_everyone() returns boolean stable parallel safe language sql
  as $$ select inlet_role() in ('admin', 'head') $$;
