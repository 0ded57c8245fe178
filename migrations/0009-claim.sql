-- The claim in one round trip: who asks, the update that decides the race, its history, all in one statement that
-- commits by itself. The function runs with the caller's rights and steps down to inlet_app before it touches a row, so
-- row-level security decides what may be claimed, as it does everywhere else.
create function inlet_claim(lead uuid, claimer uuid, asker uuid, asker_role text, details jsonb)
  returns table (since timestamptz, in_queue uuid) language plpgsql as $$
declare
  of_contact uuid;
begin
  perform set_config('inlet.user', coalesce(asker::text, ''), true), set_config('inlet.role', asker_role, true),
    set_config('role', 'inlet_app', true);
  -- Two nulls counted instead of two `is null`: those would let the planner walk a partial index of all open leads, which
  -- looks tiny while its statistics are old, instead of the primary key.
  update leads l set owner_id = claimer, claimed_at = now(), offered_to = null, offer_until = null
    where l.id = lead and num_nulls(l.owner_id, l.closed_at) = 2
      and (l.offered_to is null or l.offered_to = claimer or l.offer_until <= now() or inlet_sees_everyone())
    returning l.claimed_at, l.queue_id, l.contact_id into since, in_queue, of_contact;
  if found then
    insert into lead_events (lead_id, actor_id, kind, data) values (lead, asker, 'claimed', details);
    -- Row-level security lets a manager touch the contact only now that the lead is theirs.
    update contacts c set owner_id = claimer where c.id = of_contact and c.owner_id is distinct from claimer;
    return next;
  end if;
end $$;
grant execute on function inlet_claim(uuid, uuid, uuid, text, jsonb) to inlet_system;
