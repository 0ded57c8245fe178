/** What is sealed in `messages.body` and `message_changes.body`, as JSON. */
import type { Flag, InboundEvent } from '../channel.ts';

export interface MessageBody {
  readonly text?: string | undefined;
  readonly subject?: string | undefined;
  readonly rest?: string | undefined;
  readonly html?: string | undefined;
  readonly fields?: InboundEvent['fields'];
  readonly location?: InboundEvent['location'];
  readonly source?: InboundEvent['source'];
  readonly suspect?: string | undefined;
  readonly flags?: readonly Flag[] | undefined;
  /** The message of ours or theirs that this one quotes. */
  readonly quotedId?: string | undefined;
  /** The provider's id of it, where it can be quoted. */
  readonly providerId?: string | undefined;
  /** Outbound: the provider's template that was used. */
  readonly template?: { readonly name: string; readonly language: string; readonly variables: readonly string[] };
  /** Outbound: this is the house's own question. */
  readonly ask?: 'phone';
}

export function bodyOf(
  event: InboundEvent,
  more: Pick<MessageBody, 'flags' | 'quotedId' | 'providerId'> = {},
): MessageBody {
  const { text, subject, rest, html, fields, location, source, suspect } = event;
  return { text, subject, rest, html, fields, location, source, suspect, ...more };
}
