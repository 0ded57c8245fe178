import { z } from 'zod';
import type { SettingMeta } from '../../src/channel.ts';
import { account } from './account-settings.ts';
import { imapServer, isLoopback, smtpServer } from './providers.ts';
import { receiving, senders } from './receiving-settings.ts';
import { sending } from './sending-settings.ts';

/** Every setting of `shape`, shown in this section of the admin's form. */
const inSection = <T extends Record<string, z.ZodType>>(group: SettingMeta['group'], shape: T): T =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.meta({ group })])) as T;

/** The settings of one mailbox: the admin's form, the validation and the masking come from here. */
export const settings = z
  .object({
    ...inSection('account', account),
    ...inSection('receiving', receiving),
    ...inSection('senders', senders),
    ...inSection('sending', sending),
  })
  .superRefine((value, context) => {
    const wrong = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    const imap = imapServer(value);
    const smtp = smtpServer(value);
    if (imap?.security === 'none' && !isLoopback(imap.host))
      wrong('imapSecurity', 'without encryption only to a server on this machine');
    if (smtp?.security === 'none' && !isLoopback(smtp.host))
      wrong('smtpSecurity', 'without encryption only to a server on this machine');
    if (imap !== undefined && value.auth === 'password' && value.password === '')
      wrong('password', 'the mailbox needs its password');
    if (value.auth === 'oauth2')
      for (const field of ['oauthClientId', 'oauthRefreshToken'] as const)
        if (value[field] === '') wrong(field, 'OAuth 2 needs it');
    if (value.auth === 'oauth2' && value.provider === 'other' && value.oauthTokenUrl === '')
      wrong('oauthTokenUrl', 'name the token address of your provider');
    const dkim = [value.dkimDomain, value.dkimSelector, value.dkimPrivateKey];
    if (dkim.some((one) => one !== '') && dkim.some((one) => one === ''))
      wrong('dkimDomain', 'DKIM needs a domain, a selector and a private key together');
  });

export type EmailSettings = z.output<typeof settings>;
