import { emailEdge } from './email/edge.ts';
import { form } from './form/index.ts';
import { telegram } from './telegram/index.ts';
import { telephonyEdge } from './telephony/edge.ts';
import { whatsappCloud } from './whatsapp-cloud/index.ts';

/** The channels that run anywhere, also on the edge. */
export const channels = [form, emailEdge, whatsappCloud, telegram, telephonyEdge];
