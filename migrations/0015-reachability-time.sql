-- What is known of "blocked" has a time of its own: news that come late, or again in a replay, must not undo newer ones.
alter table conversations add column reachability_at timestamptz;
comment on column conversations.reachability_at is 'the newest sign that the client can be reached here, or cannot';
