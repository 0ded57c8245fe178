import { cleanLine, type Source } from '../../src/channel.ts';
import { type Loose, part, present, string } from './loose.ts';

/**
 * An ad or a post that opened the chat. It comes with the first message after the click and never again; every field of
 * it may be missing.
 */
export function readSource(message: Loose): Source | undefined {
  const referral = part(message, 'referral');
  const ctwaClid = cleanLine(string(referral.ctwa_clid), 500);
  const medium = cleanLine(string(referral.source_type), 100);
  const content = cleanLine(string(referral.source_id), 200);
  const utm = present({ medium: medium || undefined, content: content || undefined });
  const source = present({
    utm: Object.keys(utm).length === 0 ? undefined : utm,
    clickIds: ctwaClid === '' ? undefined : { ctwa_clid: ctwaClid },
    referrer: webAddress(string(referral.source_url)),
  });
  return Object.keys(source).length === 0 ? undefined : source;
}

function webAddress(value: string): string | undefined {
  const trimmed = value.trim();
  if (trimmed.length > 2000 || !/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) return undefined;
  const url = new URL(trimmed);
  url.username = '';
  url.password = '';
  return url.href.length <= 2000 ? url.href : url.origin;
}
