import { describe, expect, it } from 'vitest';
import { fetchMails } from '../../channels/email/fetch-mails.ts';

type Client = Parameters<typeof fetchMails>[0];
type Query = { source?: true | { maxLength?: number }; headers?: boolean };

/** A folder in which some mails cannot be had: in a batch, alone, or not even their headers. */
function folder(
  mails: Record<number, 'good' | 'no-source' | 'nothing' | 'gone' | 'long'>,
): Client & { asked: number } {
  const client = {
    asked: 0,
    fetchAll: async (range: string, query: Query) => {
      client.asked += 1;
      const uids = range
        .split(',')
        .map(Number)
        .filter((uid) => mails[uid] !== 'gone');
      const no = Object.assign(new Error('NO'), { responseStatus: 'NO' });
      const bad = uids.some(
        (uid) => mails[uid] === 'nothing' || (query.source !== undefined && mails[uid] === 'no-source'),
      );
      if (bad && (query.source !== undefined || query.headers === true)) throw no;
      return uids.map((uid) => {
        const whole = Buffer.from(
          `From: a@example.org\r\n\r\nmail ${uid}${mails[uid] === 'long' ? 'x'.repeat(500) : ''}`,
        );
        const limit = typeof query.source === 'object' ? query.source.maxLength : undefined;
        return {
          uid,
          ...(query.source === undefined ? {} : { source: whole.subarray(0, limit) }),
          ...(query.headers === true ? { headers: Buffer.from('From: a@example.org\r\n\r\n') } : {}),
        };
      });
    },
  };
  return client as unknown as Client & { asked: number };
}

const fetchAll = async (client: Client, uids: number[], size = 10, maxBytes = 1000) =>
  (
    await fetchMails(
      client,
      uids.map((uid) => ({ uid, size })),
      maxBytes,
    )
  ).toSorted((a, b) => a.uid - b.uid);

describe('mails that the server does not give out', () => {
  it('takes a batch at once when all is well', async () => {
    const client = folder({ 1: 'good', 2: 'good' });
    expect(await fetchAll(client, [1, 2])).toMatchObject([
      { uid: 1, isPart: false },
      { uid: 2, isPart: false },
    ]);
    expect(client.asked).toBe(1);
  });

  it('takes the others one by one, and of the bad one the headers', async () => {
    const found = await fetchAll(folder({ 1: 'good', 2: 'no-source', 3: 'good' }), [1, 2, 3]);
    expect(found.map(({ uid, isPart }) => [uid, isPart])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
    expect(Buffer.from(found[1]!.raw).toString()).toBe('From: a@example.org\r\n\r\n');
  });

  it('leaves a note for one of which there is nothing', async () => {
    const found = await fetchAll(folder({ 1: 'good', 7: 'nothing' }), [1, 7]);
    expect(Buffer.from(found[1]!.raw).toString()).toContain('X-Inlet-Uid: 7');
  });

  it('leaves out what is gone', async () => {
    expect((await fetchAll(folder({ 1: 'good', 2: 'gone' }), [1, 2])).map(({ uid }) => uid)).toEqual([1]);
  });

  it('limits a mail that is longer than the server said', async () => {
    const [found] = await fetchAll(folder({ 1: 'long' }), [1], 90, 100);
    expect(found!.raw.length).toBe(100);
    expect(found!.isPart).toBe(true);
  });

  it('does not take a lost connection for a NO', async () => {
    const client = { fetchAll: () => Promise.reject(new Error('Connection closed')) } as unknown as Client;
    await expect(fetchAll(client, [1])).rejects.toThrow('Connection closed');
  });
});
