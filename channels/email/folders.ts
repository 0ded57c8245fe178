import type { ImapFlow } from 'imapflow';
import type { EmailSettings } from './settings.ts';

export interface Folder {
  readonly path: string;
  readonly kind: 'inbox' | 'junk' | 'sent' | 'other';
}

/** What is watched: the named folders, or the inbox and the junk folder; and the sent one. Drafts and trash never. */
export async function findFolders(
  client: ImapFlow,
  settings: EmailSettings,
): Promise<{ readonly folders: readonly Folder[]; readonly missing: readonly string[] }> {
  const listed = await client.list();
  const special = (use: string): string | undefined => listed.find((one) => one.specialUse === use)?.path;
  const junk = special('\\Junk');
  const sent = special('\\Sent');
  const found = (name: string): string | undefined =>
    listed.find((one) => one.path === name || (one.path.toUpperCase() === 'INBOX' && name.toUpperCase() === 'INBOX'))
      ?.path;
  const wanted = settings.folders.length > 0 ? settings.folders : ['INBOX', ...(junk === undefined ? [] : [junk])];
  const folders: Folder[] = [];
  const missing: string[] = [];
  for (const name of wanted) {
    const path = found(name);
    if (path === undefined) missing.push(name);
    else if (!folders.some((one) => one.path === path)) folders.push({ path, kind: kindOf(path, junk, sent) });
  }
  if (settings.watchSent && sent !== undefined && !folders.some((one) => one.path === sent))
    folders.push({ path: sent, kind: 'sent' });
  return { folders, missing };
}

function kindOf(path: string, junk: string | undefined, sent: string | undefined): Folder['kind'] {
  if (path === sent) return 'sent';
  if (path === junk) return 'junk';
  return path.toUpperCase() === 'INBOX' ? 'inbox' : 'other';
}
