import type { FetchMessageObject, FetchQueryObject, ImapFlow } from 'imapflow';

/** What the list of a folder says about one mail. */
export interface Listed {
  readonly uid: number;
  readonly size?: number | undefined;
  readonly internalDate?: Date | string | undefined;
}

export interface Fetched {
  readonly uid: number;
  readonly raw: Uint8Array;
  readonly internalDate: Date | string | undefined;
  /** Only its beginning, or its headers. */
  readonly isPart: boolean;
}

/** Of a mail that is too large: its headers and the beginning of its text. */
const BEGINNING_BYTES = 256 * 1024;

type Client = Pick<ImapFlow, 'fetchAll'>;

/**
 * The mails of one batch. Some servers (Exchange) cannot give out single mails and refuse the whole batch for it. Such
 * a mail must neither stop the mailbox for ever nor be passed over in silence: the others come one by one, and of it
 * the headers, or in the end a note that goes to the quarantine. Only what is gone from the folder is left out.
 */
export async function fetchMails(client: Client, batch: readonly Listed[], maxBytes: number): Promise<Fetched[]> {
  const found = await fetchSources(client, batch, maxBytes);
  const missing = batch.filter(({ uid }) => !found.some((one) => one.uid === uid));
  for (const mail of missing) {
    const alone = batch.length > 1 ? (await fetchSources(client, [mail], maxBytes))[0] : undefined;
    const fetched = alone ?? (await fetchRemains(client, mail));
    if (fetched !== undefined) found.push(fetched);
  }
  return found;
}

async function fetchSources(client: Client, batch: readonly Listed[], maxBytes: number): Promise<Fetched[]> {
  const size = Math.max(...batch.map((mail) => mail.size ?? 0));
  const isTooLarge = size > maxBytes;
  // Servers only estimate the size; near the limit the answer is limited, because one that is too long ends the
  // connection.
  const maxLength = isTooLarge ? BEGINNING_BYTES : maxBytes;
  const source = isTooLarge || size * 2 > maxBytes ? { start: 0, maxLength } : true;
  const mails = await ask(client, batch, { uid: true, source, internalDate: true });
  return mails.flatMap(({ uid, source: raw, internalDate }) =>
    raw === undefined || raw.length === 0
      ? []
      : [{ uid, raw, internalDate, isPart: isTooLarge || (source !== true && raw.length >= maxLength) }],
  );
}

/** `undefined`: somebody deleted it in between. */
async function fetchRemains(client: Client, mail: Listed): Promise<Fetched | undefined> {
  const there = await client.fetchAll(String(mail.uid), { uid: true }, { uid: true });
  if (!there.some(({ uid }) => uid === mail.uid)) return undefined;
  const [only] = await ask(client, [mail], { uid: true, headers: true });
  const headers = only?.headers;
  const raw =
    headers !== undefined && headers.length > 4
      ? headers
      : new TextEncoder().encode(
          `Subject: The mail server does not give out this mail\r\nX-Inlet-Uid: ${mail.uid}\r\n\r\n`,
        );
  return { uid: mail.uid, raw, internalDate: mail.internalDate, isPart: true };
}

/** Nothing, where the server says NO. Collected at once: a command inside the loop of a fetch would wait for ever. */
async function ask(client: Client, batch: readonly Listed[], query: FetchQueryObject): Promise<FetchMessageObject[]> {
  try {
    return await client.fetchAll(batch.map(({ uid }) => uid).join(','), query, { uid: true });
  } catch (error) {
    if ((error as { responseStatus?: string }).responseStatus === 'NO') return [];
    throw error;
  }
}
