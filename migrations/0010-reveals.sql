-- Whom somebody has revealed, and until when. For that long the texts of that contact's messages are shown to them in
-- clear as well: an order number or a second phone inside a text is hidden with everything else that looks like one.
create table reveals (
  actor text not null,
  contact_id uuid not null,
  until timestamptz not null,
  primary key (actor, contact_id)
);
create index reveals_until on reveals (until);
grant select, insert, update, delete on reveals to inlet_system;
alter table reveals enable row level security;
create policy system_all on reveals to inlet_system using (true) with check (true);
create policy own_reveals on reveals for select to inlet_app using (actor = current_setting('inlet.actor', true));
grant select on reveals to inlet_app;
