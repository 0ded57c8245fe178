-- A person who retries one delivery has judged its suspicion (honeypot, too fast); a replay of many has judged nothing.
alter table pending add column forgiven boolean not null default false;
