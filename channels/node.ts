import { email } from './email/index.ts';
import { channels as edgeChannels } from './index.ts';
import { telephony } from './telephony/index.ts';
import { whatsappBaileys } from './whatsapp-baileys/index.ts';

const full = [email, telephony];

/** The channels of a full server: those of the edge, plus the ones that need sockets. */
export const channels = [...edgeChannels.map((one) => full.find(({ id }) => id === one.id) ?? one), whatsappBaileys];
