import { defineChannel } from '../../src/channel.ts';
import { parts } from './parts.ts';

/** Telephony where there are no long-lived sockets: every provider that posts its events. */
export const telephonyEdge = defineChannel(parts);
