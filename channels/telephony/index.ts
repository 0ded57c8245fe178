import { defineChannel } from '../../src/channel.ts';
import { listen } from './listen.ts';
import { parts } from './parts.ts';

/** Telephony of a full server: also a PBX of one's own, which is listened to. */
export const telephony = defineChannel({ ...parts, listen });
