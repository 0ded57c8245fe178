import type { EmailSettings } from './settings.ts';

export type Security = 'tls' | 'starttls' | 'none';

interface Server {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
}

interface Preset {
  readonly imapHost: string;
  readonly smtpHost: string;
  readonly smtpSecurity: 'tls' | 'starttls';
  readonly tokenUrl: string;
  /** Domains under which the provider's receiving servers name themselves in Authentication-Results. */
  readonly authservDomains: readonly string[];
}

/** As the providers' help pages give them in 2026. */
const PRESETS: Readonly<Record<Exclude<EmailSettings['provider'], 'other'>, Preset>> = {
  google: {
    imapHost: 'imap.gmail.com',
    smtpHost: 'smtp.gmail.com',
    smtpSecurity: 'tls',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    authservDomains: ['mx.google.com'],
  },
  microsoft: {
    imapHost: 'outlook.office365.com',
    smtpHost: 'smtp.office365.com',
    smtpSecurity: 'starttls',
    tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    authservDomains: [],
  },
  yandex: {
    imapHost: 'imap.yandex.ru',
    smtpHost: 'smtp.yandex.ru',
    smtpSecurity: 'tls',
    tokenUrl: 'https://oauth.yandex.ru/token',
    authservDomains: ['yandex.net', 'yandex.ru'],
  },
  mailru: {
    imapHost: 'imap.mail.ru',
    smtpHost: 'smtp.mail.ru',
    smtpSecurity: 'tls',
    tokenUrl: 'https://oauth.mail.ru/token',
    authservDomains: ['mail.ru'],
  },
};

type Servers = Pick<
  EmailSettings,
  'provider' | 'imapHost' | 'imapPort' | 'imapSecurity' | 'smtpHost' | 'smtpPort' | 'smtpSecurity'
>;

const presetOf = ({ provider }: { provider: EmailSettings['provider'] }): Preset | undefined =>
  provider === 'other' ? undefined : PRESETS[provider];

/** `undefined`: no IMAP server is known, mail comes by posts only. */
export function imapServer(settings: Servers): Server | undefined {
  const host = settings.imapHost || presetOf(settings)?.imapHost;
  if (host === undefined) return undefined;
  const security = settings.imapSecurity === 'auto' ? 'tls' : settings.imapSecurity;
  return { host, security, port: settings.imapPort || (security === 'tls' ? 993 : 143) };
}

export function smtpServer(settings: Servers): Server | undefined {
  const preset = presetOf(settings);
  const host = settings.smtpHost || preset?.smtpHost;
  if (host === undefined) return undefined;
  const own = settings.smtpHost === '' ? preset?.smtpSecurity : undefined;
  const security = settings.smtpSecurity === 'auto' ? (own ?? 'tls') : settings.smtpSecurity;
  return { host, security, port: settings.smtpPort || (security === 'tls' ? 465 : 587) };
}

export const tokenUrlOf = (settings: Pick<EmailSettings, 'provider' | 'oauthTokenUrl'>): string =>
  settings.oauthTokenUrl || (presetOf(settings)?.tokenUrl ?? '');

export const authservDomainsOf = (settings: Pick<EmailSettings, 'provider'>): readonly string[] =>
  presetOf(settings)?.authservDomains ?? [];

/** Plain text is for a server on this very machine. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
