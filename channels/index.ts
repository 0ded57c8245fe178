import { form } from './form/index.ts';

/** The channels that run anywhere, also on the edge. */
export const channels = [form];
