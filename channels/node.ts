import { email } from './email/index.ts';
import { channels as edgeChannels } from './index.ts';
import { whatsappBaileys } from './whatsapp-baileys/index.ts';

/** The channels of a full server: those of the edge, plus the ones that need sockets. */
export const channels = [...edgeChannels.map((one) => (one.id === email.id ? email : one)), whatsappBaileys];
