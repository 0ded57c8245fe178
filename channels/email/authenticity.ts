/**
 * Does the sender's domain stand behind this mail? Read from the Authentication-Results header (RFC 8601) that our own
 * receiving server wrote, and from no other: anybody can put such a header into a mail they send. Servers add theirs
 * on top, so only the topmost one counts, and only when it names our server.
 */
import { authservDomainsOf, imapServer } from './providers.ts';
import type { Mail } from './read-mail.ts';
import type { EmailSettings } from './settings.ts';

/** @returns whether DMARC passed, or DKIM did for the domain of From (or one above it) */
export function isAuthentic(mail: Mail, settings: EmailSettings): boolean {
  const domain = mail.from[0]?.address.split('@')[1]?.toLowerCase();
  // Two senders: whose domain was checked is anybody's guess.
  if (domain === undefined || mail.from.length !== 1 || mail.headers('from').length !== 1) return false;
  const header = mail.headers('authentication-results')[0];
  if (header === undefined || header.length > 10_000) return false;
  const [server = '', ...results] = split(withoutComments(header));
  const nameless = settings.provider === 'microsoft' && server.includes('=');
  if (!nameless && !isOurs(server.split(/\s/)[0]!.toLowerCase(), settings)) return false;
  return (nameless ? [server, ...results] : results).some((result) => backs(result, domain));
}

function isOurs(authservId: string, settings: EmailSettings): boolean {
  if (settings.authservId !== '') return authservId === settings.authservId.toLowerCase();
  const under = (domain: string): boolean => authservId === domain || authservId.endsWith(`.${domain}`);
  const presets = authservDomainsOf(settings);
  if (settings.provider !== 'other') return presets.some(under);
  const host = imapServer(settings)?.host.toLowerCase() ?? '';
  // imap.example.com belongs to example.com; only names that say what they are for lose their first word.
  const parent = host.replace(/^(?:imap|mail|mx|smtp|pop|pop3|mx\d|imap\d)\./, '');
  return [host, parent, settings.address.split('@')[1]!.toLowerCase()].some(
    (name) => name.includes('.') && !/^[\d.]+$/.test(name) && under(name),
  );
}

/** One result: `dkim=pass header.d=example.com header.s=s1`. */
function backs(result: string, domain: string): boolean {
  const [method, ...rest] = result.trim().split(/\s+/);
  const [name, verdict] = (method ?? '').toLowerCase().split('=');
  if (verdict !== 'pass') return false;
  const property = (wanted: string): string | undefined =>
    rest
      .find((one) => one.toLowerCase().startsWith(`${wanted}=`))
      ?.slice(wanted.length + 1)
      .replaceAll('"', '')
      .toLowerCase();
  if (name === 'dmarc') return (property('header.from') ?? domain) === domain;
  if (name !== 'dkim') return false;
  const signer = property('header.d') ?? property('header.i')?.split('@').at(-1);
  return signer?.includes('.') === true && (signer === domain || domain.endsWith(`.${signer}`));
}

/** At semicolons outside of quoted strings. */
function split(value: string): string[] {
  const parts = [''];
  let quoted = false;
  for (const char of value) {
    if (char === '"') quoted = !quoted;
    if (char === ';' && !quoted) parts.push('');
    else parts[parts.length - 1] += quoted && /\s/.test(char) ? '_' : char;
  }
  return parts.map((part) => part.trim());
}

/** Comments may hold anything the sender likes, also `; dmarc=pass`. They nest. */
function withoutComments(value: string): string {
  let out = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at]!;
    if (char === '\\' && (quoted || depth > 0)) {
      if (quoted && depth === 0) out += '_';
      at += 1;
      continue;
    }
    if (char === '"' && depth === 0) quoted = !quoted;
    if (char === '(' && !quoted) depth += 1;
    else if (char === ')' && !quoted && depth > 0) depth -= 1;
    else if (depth === 0) out += char;
  }
  return out;
}
