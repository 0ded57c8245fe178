import { form } from './form/index.ts';
import { whatsappCloud } from './whatsapp-cloud/index.ts';

/** The channels that run anywhere, also on the edge. */
export const channels = [form, whatsappCloud];
