import { defineChannel } from '../../src/channel.ts';
import { parts } from './parts.ts';

/** Telephony of a full server. */
export const telephony = defineChannel(parts);
