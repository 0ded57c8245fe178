import { pick } from './read.ts';

/** A WhatsApp address without its device: `79990000001:12@s.whatsapp.net` and `...@c.us` are one. */
export interface Jid {
  readonly user: string;
  /** `pn`: the user is a phone number. `lid`: an opaque id; its digits are never a phone. */
  readonly kind: 'pn' | 'lid' | 'group' | 'status' | 'newsletter' | 'broadcast' | 'other';
  readonly text: string;
}

/** Hosted servers (a company's own device in the cloud) and the legacy c.us name the same accounts. */
const SERVERS: Readonly<Record<string, readonly [server: string, kind: Jid['kind']]>> = {
  's.whatsapp.net': ['s.whatsapp.net', 'pn'],
  'c.us': ['s.whatsapp.net', 'pn'],
  hosted: ['s.whatsapp.net', 'pn'],
  lid: ['lid', 'lid'],
  'hosted.lid': ['lid', 'lid'],
  'g.us': ['g.us', 'group'],
  newsletter: ['newsletter', 'newsletter'],
  broadcast: ['broadcast', 'broadcast'],
};

export function readJid(value: unknown): Jid | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^([0-9A-Za-z.-]{1,64})(?:_\d{1,5})?(?::\d{1,5})?@([a-z.]{1,20})$/.exec(value);
  if (match === null) return undefined;
  const user = match[1]!;
  const [server, kind] = pick(SERVERS, match[2]!) ?? [match[2]!, 'other' as const];
  const text = `${user}@${server}`;
  if (text === 'status@broadcast') return { user, kind: 'status', text };
  // Announcements of WhatsApp (0) and Meta's assistant write from addresses that look like people's.
  if ((kind === 'pn' && !/^[1-9]\d{4,19}$/.test(user)) || text === '13135550002@s.whatsapp.net')
    return { user, kind: 'other', text };
  if (kind === 'lid' && !/^\d{1,30}$/.test(user)) return { user, kind: 'other', text };
  return { user, kind, text };
}
