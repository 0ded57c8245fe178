import { defineChannel } from '../../src/channel.ts';
import { parts } from './parts.ts';

/** E-mail where there are no sockets: takes raw mail by posts and reads it. */
export const emailEdge = defineChannel(parts);
