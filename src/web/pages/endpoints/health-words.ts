import type { Channel, Endpoint, Health } from '../../api/types.ts';
import { ago, elapsed } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';

export type Mood = 'good' | 'busy' | 'bad' | 'off';

/** In a word or two, and how it looks from afar. */
export function healthWords(health: Health): readonly [words: string, mood: Mood] {
  if (health.state === 'paused') return [m.health_paused(), 'off'];
  if (!health.listens) return [m.health_receives(), 'good'];
  switch (health.state) {
    case 'connected':
      return [
        health.account === null ? m.health_connected() : m.health_connected_as({ account: health.account }),
        'good',
      ];
    case 'connecting':
      return [m.health_connecting(), 'busy'];
    case 'waiting':
      return [m.health_waiting(), 'bad'];
    case 'needs-human':
      return [m.health_needs_human(), 'bad'];
    case 'silent-holder':
      return [m.health_silent_holder(), 'busy'];
    case 'not-started':
      return [m.health_not_started(), 'busy'];
  }
}

/** What else is worth a word: the last message, the next try, what waits. */
export function healthNotes(health: Health, nowMs: number): string[] {
  const notes = [
    health.lastDeliveryAt === null
      ? m.nothing_received()
      : m.health_last_message({ ago: ago(health.lastDeliveryAt, nowMs) }),
  ];
  if (health.retryAt !== null && health.state === 'waiting') {
    const seconds = Math.ceil((Date.parse(health.retryAt) - nowMs) / 1000);
    notes.push(seconds > 0 ? m.health_next_retry({ time: elapsed(seconds) }) : m.health_retry_now());
  }
  if (health.deliveries24h > 0) notes.push(m.health_day({ count: health.deliveries24h }));
  if (health.jobs > 0) notes.push(m.health_jobs({ count: health.jobs }));
  return notes;
}

const PICK: Readonly<Record<string, () => string>> = {
  form: m.pick_form,
  telephony: m.pick_telephony,
  email: m.pick_email,
  telegram: m.pick_telegram,
  'whatsapp-cloud': m.pick_whatsapp_cloud,
  'whatsapp-baileys': m.pick_whatsapp_baileys,
};

/** One sentence about a kind of source, for whoever chooses one. */
export const channelSentence = (channel: Channel): string | undefined => PICK[channel.id]?.();

/** What to do for a test message to arrive. */
export function tryWords(endpoint: Endpoint, account: string | null): string {
  switch (endpoint.channel) {
    case 'form':
      return m.try_form();
    case 'telephony':
      return m.try_telephony();
    case 'telegram':
      return account === null ? m.try_telegram() : m.try_telegram_as({ account });
    case 'email':
      return account === null ? m.try_email() : m.try_email_as({ account });
    case 'whatsapp-cloud':
    case 'whatsapp-baileys':
      return m.try_whatsapp();
    default:
      return m.try_other();
  }
}
