/**
 * One folder, from where we stood to its newest mail. The cursor is UIDVALIDITY and the last UID; \Seen is none,
 * because people read mail in the same mailbox, and nothing here sets it.
 */
import type { ImapFlow } from 'imapflow';
import { z } from 'zod';
import type { Heard, ListenTools } from '../../src/channel.ts';
import { fetchMails, type Listed } from './fetch-mails.ts';
import type { Folder } from './folders.ts';
import { repeatKeyOf } from './verify.ts';

const cursorSchema = z.object({
  uidValidity: z.string(),
  lastUid: z.number().int().min(0),
  /** Where the mailbox was read last, for the window that is read again when UIDVALIDITY changes. */
  seenAt: z.number(),
});
type Cursor = z.output<typeof cursorSchema>;

export interface Reading {
  readonly client: ImapFlow;
  readonly tools: ListenTools;
  readonly startFrom: string;
  readonly maxMessageBytes: number;
  readonly signal: AbortSignal;
}

/** UIDs are asked for in stretches of this many, so that a mailbox of a million letters is never held in memory. */
const STRETCH = 5000;
const BATCH_MESSAGES = 50;
const BATCH_BYTES = 20 * 1024 * 1024;
const DAY_MS = 86_400_000;
const WINDOW_MS = 30 * DAY_MS;

/** @returns how many mails were handed over */
export async function syncFolder(reading: Reading, folder: Folder): Promise<number> {
  const { client, tools } = reading;
  const lock = await client.getMailboxLock(folder.path, { readOnly: true, acquireTimeout: 60_000 });
  try {
    const mailbox = client.mailbox;
    if (mailbox === false || mailbox === undefined) throw new Error('The mail server did not open the folder.');
    const name = `cursor:${folder.path}`.slice(0, 500);
    const uidValidity = String(mailbox.uidValidity);
    const before = read((await tools.state.get([name]))[name]);
    const save = (lastUid: number): Promise<void> => {
      const cursor: Cursor = { uidValidity, lastUid, seenAt: tools.now().getTime() };
      return tools.state.set({ [name]: JSON.stringify(cursor) });
    };
    const newest = mailbox.uidNext > 0 ? mailbox.uidNext - 1 : await lastUidOf(client);
    if (before === undefined && reading.startFrom === 'now') {
      await save(newest);
      return 0;
    }
    if (before?.uidValidity === uidValidity) return await readAfter(reading, folder, before.lastUid, newest, save);
    const since =
      before === undefined
        ? new Date(`${reading.startFrom}T00:00:00Z`)
        : new Date(Math.min(before.seenAt, tools.now().getTime()) - WINDOW_MS);
    if (before !== undefined) tools.log('email.uids-changed', { folder: folder.kind });
    return await readSince(reading, folder, since, newest, save);
  } finally {
    lock.release();
  }
}

/** For servers that do not say UIDNEXT. */
async function lastUidOf(client: ImapFlow): Promise<number> {
  const last = await client.fetchOne('*', { uid: true });
  return last === false ? 0 : last.uid;
}

function read(value: string | undefined): Cursor | undefined {
  if (value === undefined) return undefined;
  return cursorSchema.parse(JSON.parse(value));
}

type Save = (lastUid: number) => Promise<void>;

async function readAfter(
  reading: Reading,
  folder: Folder,
  lastUid: number,
  newest: number,
  save: Save,
): Promise<number> {
  let count = 0;
  let from = lastUid + 1;
  // What came while the folder was already open is not in UIDNEXT: the last stretch is open at its end.
  for (;;) {
    const isLast = from + STRETCH > newest;
    const range = isLast ? `${from}:*` : `${from}:${from + STRETCH - 1}`;
    const listed = await reading.client.fetchAll(range, { uid: true, size: true, internalDate: true }, { uid: true });
    // IMAP turns 10:* into 7:10 when 7 is the newest, and so gives the last mail once more.
    const fresh = listed.filter(({ uid }) => uid >= from);
    count += await handOver(reading, folder, fresh, save);
    if (isLast) return count;
    from += STRETCH;
    await save(from - 1);
  }
}

/** The house drops what it already has, by the bytes: after a change of UIDVALIDITY everything comes again. */
async function readSince(reading: Reading, folder: Folder, since: Date, newest: number, save: Save): Promise<number> {
  const found = await reading.client.search({ since }, { uid: true });
  // `false` is the server's NO. Taken for "nothing there", it would move the cursor past everything.
  if (!Array.isArray(found)) throw new Error('The mail server refused to search the folder.');
  const uids = found.filter((uid) => uid <= newest).sort((a, b) => a - b);
  let count = 0;
  for (let at = 0; at < uids.length; at += 500) {
    const range = uids.slice(at, at + 500).join(',');
    const listed = await reading.client.fetchAll(range, { uid: true, size: true, internalDate: true }, { uid: true });
    count += await handOver(reading, folder, listed, undefined);
  }
  // Only now: a crash in the middle reads the window again, and nothing is lost or doubled.
  await save(newest);
  return count;
}

/**
 * Resolves only when every mail of the list is committed: what follows it moves the cursor past all of them. A stop in
 * the middle is therefore thrown.
 */
async function handOver(
  reading: Reading,
  folder: Folder,
  listed: readonly Listed[],
  save: Save | undefined,
): Promise<number> {
  const mails = listed.toSorted((a, b) => a.uid - b.uid);
  let count = 0;
  // While one batch is being committed, the next one is fetched.
  let committing: Promise<void> = Promise.resolve();
  for (const batch of batches(mails, reading.maxMessageBytes)) {
    reading.signal.throwIfAborted();
    const heard = await fetchBatch(reading, folder, batch);
    await committing;
    committing = commit(reading, heard, batch.at(-1)!.uid, save);
    committing.catch(() => undefined); // it is awaited before anything else is done
    count += heard.length;
  }
  await committing;
  return count;
}

async function commit(
  { tools }: Reading,
  heard: readonly Heard[],
  lastUid: number,
  save: Save | undefined,
): Promise<void> {
  await Promise.all(heard.map((one) => tools.accept(one, repeatKeyOf(one.body))));
  // Every one of them is committed: only then may the cursor move.
  await save?.(lastUid);
}

/** Too large ones by themselves, the others together as long as they fit. */
function* batches(mails: readonly Listed[], maxBytes: number): Generator<Listed[]> {
  let batch: Listed[] = [];
  let bytes = 0;
  for (const mail of mails) {
    const size = mail.size ?? 0;
    const alone = size > maxBytes;
    if (batch.length > 0 && (alone || batch.length >= BATCH_MESSAGES || bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(mail);
    bytes += size;
    if (alone) {
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

async function fetchBatch(reading: Reading, folder: Folder, batch: readonly Listed[]): Promise<Heard[]> {
  const sizes = new Map(batch.map(({ uid, size }) => [uid, size ?? 0]));
  const mails = await fetchMails(reading.client, batch, reading.maxMessageBytes);
  return mails.map(({ uid, raw, internalDate, isPart }) => {
    const receivedAt = internalDate === undefined ? undefined : new Date(internalDate);
    return {
      headers: {
        'content-type': 'message/rfc822',
        'x-inlet-folder': encodeURIComponent(folder.path.toWellFormed()),
        ...(folder.kind === 'junk' ? { 'x-inlet-junk': '1' } : {}),
        ...(folder.kind === 'sent' ? { 'x-inlet-sent': '1' } : {}),
        ...(isPart ? { 'x-inlet-truncated': String(sizes.get(uid) ?? 0) } : {}),
      },
      body: raw,
      ...(receivedAt === undefined || Number.isNaN(receivedAt.getTime()) ? {} : { receivedAt }),
    };
  });
}
