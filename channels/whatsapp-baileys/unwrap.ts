import { type Json, readObject } from './read.ts';

/** Envelopes around the real content (`normalizeMessageContent` of Baileys, and those that it leaves closed). */
const WRAPPERS = [
  'deviceSentMessage',
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'groupMentionedMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'botForwardedMessage',
  'botInvokeMessage',
  'lottieStickerMessage',
  'eventCoverImage',
  'questionMessage',
  'pollCreationMessageV4',
  'limitSharingMessage',
] as const;

/** Nobody wraps deeper in earnest; Baileys itself stops at five. */
const MAX_DEPTH = 10;

export interface Unwrapped {
  readonly content: Json;
  /** There was an `editedMessage` around it. */
  readonly edited: boolean;
}

export function unwrap(message: Json): Unwrapped {
  let content = message;
  let edited = false;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const outer = content;
    const wrapper = WRAPPERS.find((name) => readObject(readObject(outer[name])?.message) !== undefined);
    if (wrapper === undefined) break;
    edited ||= wrapper === 'editedMessage';
    content = readObject(readObject(content[wrapper])!.message)!;
  }
  return { content, edited };
}
