/** The words of the API in the words of the person who reads. An unknown word is shown as it came. */
import type { Role, Stage, Trust } from '../api/types.ts';
import { m } from '../paraglide/messages.js';
import { getLocale } from '../paraglide/runtime.js';

const say = (table: Readonly<Record<string, () => string>>, word: string): string => table[word]?.() ?? word;

export const roleName = (role: Role): string =>
  say({ admin: m.role_admin, head: m.role_head, manager: m.role_manager, auditor: m.role_auditor }, role);

export const roleMeaning = (role: Role): string =>
  say(
    {
      admin: m.role_admin_means,
      head: m.role_head_means,
      manager: m.role_manager_means,
      auditor: m.role_auditor_means,
    },
    role,
  );

export const channelName = (channel: string): string =>
  say(
    {
      form: m.channel_form,
      telephony: m.channel_telephony,
      call: m.channel_telephony,
      email: m.channel_email,
      telegram: m.channel_telegram,
      whatsapp: m.channel_whatsapp,
      'whatsapp-cloud': m.channel_whatsapp,
      'whatsapp-baileys': m.channel_whatsapp,
    },
    channel,
  );

export const trustName = (trust: Trust): string =>
  say(
    {
      claimed: m.trust_claimed,
      observed: m.trust_observed,
      attested: m.trust_attested,
      verified: m.trust_verified,
    },
    trust,
  );

export const trustMeaning = (trust: Trust): string =>
  say(
    {
      claimed: m.trust_claimed_means,
      observed: m.trust_observed_means,
      attested: m.trust_attested_means,
      verified: m.trust_verified_means,
    },
    trust,
  );

export const identityKind = (kind: string): string =>
  say(
    {
      phone: m.identity_phone,
      email: m.identity_email,
      telegram: m.channel_telegram,
      telegram_id: m.channel_telegram,
      telegram_username: m.channel_telegram,
      whatsapp: m.channel_whatsapp,
      whatsapp_id: m.channel_whatsapp,
      whatsapp_lid: m.channel_whatsapp,
      whatsapp_bsuid: m.channel_whatsapp,
    },
    kind,
  );

/** What made a routing rule match, as the router writes it down. */
export const matchedName = (matched: string): string =>
  say(
    {
      channel: m.matched_channel,
      endpoint: m.matched_endpoint,
      language: m.matched_language,
      page: m.matched_page,
      'repeat contact': m.matched_repeat,
      'new contact': m.matched_new,
      'working hours': m.matched_open,
      'outside working hours': m.matched_closed,
    },
    matched,
  );

export const stageTitle = (stages: readonly Stage[] | undefined, id: string): string =>
  stages?.find((stage) => stage.id === id)?.title[getLocale() as 'en' | 'ru'] ?? id;

export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([getLocale()], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
