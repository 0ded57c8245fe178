-- Who took what lately: shown to everybody who stood in the same line. Costs something at a claim only.
create index leads_claimed on leads (claimed_at) where owner_id is not null;
