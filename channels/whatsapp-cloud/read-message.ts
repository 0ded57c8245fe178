import type { Flag, InboundEvent, Nothing, ParsedEvent } from '../../src/channel.ts';
import { id, type Loose, part, string, time } from './loose.ts';
import { type Content, readContent } from './read-content.ts';
import { type Client, readClient } from './read-sender.ts';
import { readSource } from './read-source.ts';
import { readSystem } from './read-system.ts';
import type { Words } from './words.ts';

export interface MessageContext {
  readonly say: Words;
  readonly direction: InboundEvent['direction'];
  /** Whether it is the only message of its change. */
  readonly alone: boolean;
  readonly askPhone: string;
}

/** A message that a client wrote, or an echo of one that was written to a client in the phone app. */
export function readMessage(message: Loose, value: Loose, context: MessageContext): ParsedEvent | Nothing {
  const type = string(message.type);
  if (string(message.group_id) !== '') return { ignored: 'a message in a group' };
  const inbound = context.direction === 'inbound';
  // In an echo `from` is our own number.
  if (type === 'system') return inbound ? readSystem(message) : { ignored: 'a system message about ourselves' };
  const at = time(message.timestamp);
  if (type === 'revoke') {
    const of = id(part(message, 'revoke').original_message_id);
    if (of === undefined) return { ignored: 'a deletion that names no message' };
    return { kind: 'deletion', of, ...(at === undefined ? {} : { at }) };
  }
  const client = inbound
    ? readClient(value, message.from, message.from_user_id, context.alone)
    : readClient(value, message.to, message.to_user_id, context.alone);
  // An edit has an id of its own, and the message that it changes inside.
  const edit = type === 'edit' ? part(message, 'edit') : undefined;
  const inner = edit === undefined ? message : part(edit, 'message');
  const content = readContent(inner, context.say, client);
  if ('ignored' in content) return content;
  const eventId = id(edit === undefined ? message.id : edit.original_message_id);
  return toEvent({ message: inner, content, client, eventId, at, edited: edit !== undefined }, context);
}

interface Read {
  readonly message: Loose;
  readonly content: Content;
  readonly client: Client;
  readonly eventId: string | undefined;
  readonly at: Date | undefined;
  readonly edited: boolean;
}

function toEvent({ message, content, client, eventId, at, edited }: Read, context: MessageContext): InboundEvent {
  const about = part(message, 'context');
  const flags: Flag[] = about.forwarded === true || about.frequently_forwarded === true ? ['forwarded'] : [];
  const known = client.identities;
  const more = (content.identities ?? []).filter(({ value }) => !known.some((one) => one.value === value));
  const identities = [...known, ...more];
  const quotes = content.quotes ?? id(about.id);
  const source = readSource(message);
  const asks = context.askPhone !== '' && context.direction === 'inbound' && content.quiet === undefined;
  return {
    ...(eventId === undefined ? {} : { eventId }),
    kind: 'text',
    direction: context.direction,
    ...(edited ? { revision: 'edit' as const } : {}),
    ...(at === undefined ? {} : { at }),
    sender: { ...(client.name === undefined ? {} : { name: client.name }), identities },
    ...(content.text === undefined ? {} : { text: content.text }),
    ...(content.fields === undefined ? {} : { fields: content.fields }),
    ...(content.files === undefined ? {} : { files: content.files }),
    ...(content.location === undefined ? {} : { location: content.location }),
    ...(client.reach === undefined ? {} : { reach: client.reach }),
    ...(quotes === undefined ? {} : { quotes }),
    ...(flags.length === 0 ? {} : { flags }),
    ...(content.quiet === undefined ? {} : { quiet: content.quiet }),
    ...(asks && !identities.some(({ kind }) => kind === 'phone') ? { askPhone: context.askPhone } : {}),
    ...(source === undefined ? {} : { source }),
    // Nobody could answer it, and it would open a lead of nobody: a person looks first.
    ...(identities.length === 0 ? { suspect: 'the message does not say who sent it' } : {}),
  };
}
