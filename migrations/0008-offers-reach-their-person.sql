-- An offer reaches the person it is made to, whatever queue the lead waits in: a contact who comes back through another
-- form is offered to their own manager first, who need not be a member of that form's queue.
alter policy lead_visible on leads using (
  inlet_sees_everyone() or inlet_role() = 'auditor'
  or (inlet_role() = 'manager' and (
    owner_id = inlet_user()
    or (owner_id is null and closed_at is null and (
      (offered_to = inlet_user() and offer_until > now())
      or ((offered_to is null or offered_to = inlet_user() or offer_until <= now())
        and (queue_id in (select m.queue_id from queue_members m where m.user_id = inlet_user() and m.line = 'first')
          or (senior_at <= now()
            and queue_id in (select m.queue_id from queue_members m where m.user_id = inlet_user()))))))
  ))
);
alter policy lead_change on leads
  using (inlet_sees_everyone() or (inlet_role() = 'manager' and (owner_id = inlet_user()
    or (owner_id is null and ((offered_to = inlet_user() and offer_until > now())
      or queue_id in (select m.queue_id from queue_members m where m.user_id = inlet_user()))))));
