-- A message that had to be sent in pieces has failed when one of them has: the timeline looks for that by message.
create index message_ids_message on message_ids (message_id);
