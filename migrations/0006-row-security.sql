-- Who may touch what. inlet_system sees every row but cannot change what is history; inlet_app sees through policies:
-- admin and head everything, a manager their own leads and the unclaimed leads of their queues, and the personal
-- tables only for contacts of leads they own. The auditor sees leads without personal data.
grant select, insert, update on contacts, duplicate_suspicions, leads, messages to inlet_system;
grant select, insert, update, delete on contact_keys, identities to inlet_system;
grant select, insert, delete on attachments, consents to inlet_system;
grant select, insert on lead_events, deliveries, delivery_edits, audit_log to inlet_system;
grant select, insert, update, delete on pending, outcomes, batch_claims, once_values, rate_counters to inlet_system;
grant select, insert, update on vault_keys to inlet_system;

grant select on contacts, contact_keys, identities, duplicate_suspicions, leads, lead_events, messages, attachments, consents
  to inlet_app;
grant update (owner_id) on contacts to inlet_app;
grant update (stage, queue_id, priority, owner_id, claimed_at, closed_at, offered_to, offer_until, senior_at, head_at)
  on leads to inlet_app;
grant insert on lead_events, messages, audit_log to inlet_app;
grant select on audit_log to inlet_app;

do $$
declare t text;
begin
  foreach t in array array['contacts', 'contact_keys', 'identities', 'duplicate_suspicions', 'leads', 'lead_events',
    'messages', 'attachments', 'consents', 'deliveries', 'delivery_edits', 'outcomes', 'audit_log'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy system_all on %I to inlet_system using (true) with check (true)', t);
  end loop;
end $$;

create policy lead_visible on leads for select to inlet_app using (
  inlet_sees_everyone() or inlet_role() = 'auditor'
  or (inlet_role() = 'manager' and (
    owner_id = inlet_user()
    or (owner_id is null and closed_at is null
      and (offered_to is null or offered_to = inlet_user() or offer_until <= now())
      and (queue_id in (select m.queue_id from queue_members m where m.user_id = inlet_user() and m.line = 'first')
        or (senior_at <= now()
          and queue_id in (select m.queue_id from queue_members m where m.user_id = inlet_user()))))
  ))
);
create policy lead_change on leads for update to inlet_app
  using (inlet_sees_everyone() or (inlet_role() = 'manager' and (owner_id = inlet_user()
    or (owner_id is null and queue_id in (select m.queue_id from queue_members m where m.user_id = inlet_user())))))
  with check (inlet_sees_everyone() or (inlet_role() = 'manager' and (owner_id = inlet_user() or owner_id is null)));

create policy event_visible on lead_events for select to inlet_app
  using (exists (select from leads l where l.id = lead_id));
create policy event_written on lead_events for insert to inlet_app
  with check (actor_id is not distinct from inlet_user() and exists (select from leads l where l.id = lead_id));

-- The personal tables: one rule, written once a table because policies cannot be shared.
create function inlet_may_read_contact(contact uuid) returns boolean stable parallel safe language sql as $$
  select inlet_sees_everyone() or (inlet_role() = 'manager' and exists (
    select from leads l where l.owner_id = inlet_user() and l.contact_id = contact))
$$;
create policy contact_visible on contacts for select to inlet_app using (inlet_may_read_contact(id));
create policy contact_owned on contacts for update to inlet_app
  using (inlet_may_read_contact(id)) with check (true);
create policy key_visible on contact_keys for select to inlet_app using (inlet_may_read_contact(contact_id));
create policy identity_visible on identities for select to inlet_app using (inlet_may_read_contact(contact_id));
create policy suspicion_visible on duplicate_suspicions for select to inlet_app
  using (inlet_may_read_contact(contact_id) and inlet_may_read_contact(other_id));
create policy message_visible on messages for select to inlet_app using (inlet_may_read_contact(contact_id));
create policy message_written on messages for insert to inlet_app
  with check (author_id = inlet_user() and direction <> 'inbound' and inlet_may_read_contact(contact_id));
create policy attachment_visible on attachments for select to inlet_app using (inlet_may_read_contact(contact_id));
create policy consent_visible on consents for select to inlet_app using (inlet_may_read_contact(contact_id));

create policy audit_visible on audit_log for select to inlet_app using (inlet_role() in ('admin', 'head', 'auditor'));
create policy audit_written on audit_log for insert to inlet_app with check (actor_id is not distinct from inlet_user());
