import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../channels/email/listen.ts';
import type { InboundEvent } from '../../src/channel.ts';
import { hasDovecot, type ImapServer, openImap } from '../contract/email/imap-server.ts';
import { letter } from '../contract/email/loopback.ts';
import { listenToolsFor, requestFor, until } from '../contract/stand-ins.ts';
import { channel, type Listener, mailboxEndpoint, startListener } from './mailbox.ts';

let imap: ImapServer;
const running: Listener[] = [];
const start = (over: Parameters<typeof startListener>[1] = {}): Listener => {
  const listener = startListener(imap, over);
  running.push(listener);
  return listener;
};
const connected = (listener: Listener): Promise<void> => until(() => listener.tools.health?.state === 'connected');
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
const dateText = (at: Date): string => at.toISOString().slice(0, 10);

beforeEach(async () => {
  imap = await openImap();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((listener) => listener.stop()));
  await imap.close();
});

describe('where it starts', () => {
  it('leaves what was there before it, and takes what comes', async () => {
    await imap.append(letter('old', '<old@example.org>'));
    const listener = start();
    await connected(listener);
    await imap.append(letter('new', '<new@example.org>'));
    await until(() => listener.has('new') === 1);
    expect(listener.has('old')).toBe(0);
  });

  it('goes back to a date when told to', async () => {
    await imap.append(letter('ancient', '<a@example.org>'), 'INBOX', daysAgo(20));
    await imap.append(letter('recent', '<r@example.org>'), 'INBOX', daysAgo(3));
    const listener = start({ settings: { startFrom: dateText(daysAgo(10)) } });
    await connected(listener);
    expect(listener.has('recent')).toBe(1);
    expect(listener.has('ancient')).toBe(0);
  });

  it('takes thirty days of mail after thirty days away, oldest first, each once', async () => {
    const first = start();
    await connected(first);
    await first.stop();
    for (let day = 30; day > 0; day -= 1)
      await imap.append(letter(`day ${day};`, `<d${day}@example.org>`), 'INBOX', daysAgo(day));
    const second = start({ before: first });
    await connected(second);
    const days = second.bodies().map((body) => Number(/day (\d+);/.exec(body)?.[1]));
    expect(days.toSorted((a, b) => b - a)).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index));
    // When it reached the mailbox, not when we read it.
    const oldest = second.tools.accepted.find(({ heard }) => Buffer.from(heard.body).includes('day 30;'));
    expect(Math.abs(oldest!.heard.receivedAt!.getTime() - daysAgo(30).getTime())).toBeLessThan(DAY_MS);
  });

  it('does not take the newest mail again at every sweep, nor mark anything as read', async () => {
    const listener = start();
    await connected(listener);
    await imap.append(letter('once', '<once@example.org>'));
    await until(() => listener.has('once') === 1);
    await listener.stop();
    const again = start({ before: listener });
    await connected(again);
    await again.stop();
    // UID FETCH 2:* answers with mail 1 where 1 is the newest (RFC 3501 6.4.8).
    expect(again.tools.asked).toHaveLength(1);
    expect(imap.commands()).not.toMatch(/\b(?:STORE|SELECT)\b|\bBODY\[/i);
  });
});

describe('folders', () => {
  it('watches the junk folder, and says so', async () => {
    const listener = start();
    await connected(listener);
    await imap.append(letter('in junk', '<j@example.org>'), 'Junk');
    await listener.stop();
    const next = start({ before: listener });
    await until(() => next.has('in junk') === 1);
    expect(next.tools.accepted.at(-1)?.heard.headers).toMatchObject({ 'x-inlet-junk': '1', 'x-inlet-folder': 'Junk' });
  });

  it('finds what came into the junk folder while it runs, without a word of the server', async () => {
    const tools = listenToolsFor();
    const abort = new AbortController();
    const done = listen(mailboxEndpoint(imap) as never, tools, abort.signal, 300);
    await until(() => tools.health?.state === 'connected');
    await imap.append(letter('swept', '<swept@example.org>'), 'Junk');
    await until(() => tools.accepted.some(({ heard }) => Buffer.from(heard.body).includes('swept')));
    abort.abort();
    await done;
  });

  it('takes one mail once, in the inbox and in the junk folder', async () => {
    const before = start();
    await connected(before);
    await before.stop();
    const raw = letter('moved', '<moved@example.org>');
    await imap.append(raw);
    await imap.append(raw, 'Junk');
    const listener = start({ before });
    await connected(listener);
    await until(() => listener.tools.asked.length === 2);
    expect(listener.has('moved')).toBe(1);
  });

  it('brings what a manager sent as outbound', async () => {
    const before = start();
    await connected(before);
    await before.stop();
    const raw = 'From: sales@example.com\r\nTo: anna@example.org\r\nMessage-ID: <own@example.com>\r\n\r\nWe ship\r\n';
    await imap.append(raw, 'Sent');
    const listener = start({ before });
    await until(() => listener.has('We ship') === 1);
    const { heard } = listener.tools.accepted.at(-1)!;
    const request = requestFor(channel, { body: heard.body, headers: heard.headers ?? {} });
    const events = await channel.parse(request, mailboxEndpoint(imap) as never);
    expect(events).toMatchObject([{ direction: 'outbound', eventId: '<own@example.com>' }]);
  });

  it('leaves the sent folder alone where it shall not watch it, and names folders that are not there', async () => {
    const settings = { watchSent: false, folders: ['INBOX', 'Leads'] };
    const before = start({ settings });
    await connected(before);
    expect(before.tools.health?.detail).toContain('Leads');
    await before.stop();
    await imap.append(letter('sent', '<s@example.com>'), 'Sent');
    const listener = start({ before, settings });
    await connected(listener);
    await listener.stop();
    expect(listener.tools.accepted).toHaveLength(0);
  });
});

describe('when things break', () => {
  it('reads a mail again that was handed over, but not committed, before the crash', async () => {
    const before = start();
    await connected(before);
    await before.stop();
    for (let index = 0; index < 5; index += 1) await imap.append(letter(`mail ${index};`, `<${index}@example.org>`));
    let calls = 0;
    // The third one never gets an answer: the process dies here.
    const dying = start({
      before,
      accept: () => {
        calls += 1;
        return calls === 3 ? new Promise(() => undefined) : (undefined as never);
      },
    });
    await until(() => calls >= 5);
    const cursor = dying.tools.values.get('cursor:INBOX');
    const next = start({ before: dying });
    await connected(next);
    expect(next.tools.values.get('cursor:INBOX')).not.toBe(cursor);
    for (let index = 0; index < 5; index += 1) expect(next.has(`mail ${index};`)).toBe(1);
    running.splice(running.indexOf(dying), 1);
  });

  it('goes on where it was when it is stopped in the middle of reading a mailbox', async () => {
    for (let index = 0; index < 120; index += 1)
      await imap.append(letter(`mail ${index};`, `<${index}@example.org>`), 'INBOX', daysAgo(1));
    const settings = { startFrom: dateText(daysAgo(5)) };
    let calls = 0;
    const stopped: Listener = start({
      settings,
      accept: async () => {
        calls += 1;
        // An orderly stop: the lease is still held, and everything that is written now counts.
        if (calls === 10) void stopped.stop();
        return undefined as never;
      },
    });
    await until(() => stopped.ended());
    expect(calls).toBeLessThan(120);
    const next = start({ before: stopped, settings });
    await connected(next);
    for (let index = 0; index < 120; index += 1) expect(next.has(`mail ${index};`)).toBe(1);
  }, 60_000);

  it('comes back by itself when the server is killed while it idles', async () => {
    const listener = start();
    await connected(listener);
    await until(() => /IDLE/.test(imap.commands()));
    imap.drop();
    await imap.append(letter('after', '<after@example.org>'));
    await until(() => listener.has('after') === 1);
    expect(listener.ended()).toBe(false);
    expect(listener.healths.map(({ state }) => state)).toContain('waiting');
  });

  it('waits longer and longer while the server is away', async () => {
    imap.refuse(true);
    const listener = start();
    await until(() => imap.connections() >= 2, 15_000);
    const waits = listener.healths.filter(({ state }) => state === 'waiting');
    expect(waits[0]?.retryAt).toBeInstanceOf(Date);
    expect(waits[0]?.detail).not.toContain('127.0.0.1');
    imap.refuse(false);
    await until(() => listener.tools.health?.state === 'connected', 15_000);
    expect(imap.connections()).toBeLessThan(6);
  });

  it('asks for a person when the log-in is refused, and does not try it twice', async () => {
    const listener = start({ settings: { password: 'wrong' } });
    await until(() => listener.ended());
    expect(listener.tools.health).toMatchObject({ state: 'needs-human' });
    expect(JSON.stringify(listener.healths)).not.toContain('wrong');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(imap.connections()).toBe(1);
  });

  it('asks for a person when OAuth is refused, and comes back when its server is only busy', async () => {
    const oauth = {
      auth: 'oauth2',
      oauthClientId: 'app',
      oauthRefreshToken: 'r',
      oauthTokenUrl: 'https://token.example/',
    };
    const answer = (status: number) => ({ fetch: async () => new Response('{"error":"invalid_grant"}', { status }) });
    const refused = start({ settings: oauth, tools: answer(400) });
    await until(() => refused.ended());
    expect(refused.tools.health?.state).toBe('needs-human');
    const busy = start({ settings: oauth, tools: answer(503) });
    await until(() => busy.tools.health?.state === 'waiting');
    expect(busy.ended()).toBe(false);
    expect(imap.connections()).toBe(0);
  });

  it('gives the beginning of a mail that is too large, and goes on with the next', async () => {
    const before = start({ settings: { maxMessageMb: 1 } });
    await connected(before);
    await before.stop();
    const big = letter(
      `big beginning\r\n${'x'.repeat(76)}\r\n`.concat(`${'y'.repeat(76)}\r\n`.repeat(20_000)),
      '<big@example.org>',
    );
    await imap.append(big);
    await imap.append(letter('small', '<small@example.org>'));
    const listener = start({ before, settings: { maxMessageMb: 1 } });
    await until(() => listener.has('small') === 1);
    const { heard } = listener.tools.accepted.find(({ heard: one }) =>
      Buffer.from(one.body).includes('big beginning'),
    )!;
    expect(heard.body.length).toBeLessThanOrEqual(256 * 1024);
    expect(Number(heard.headers!['x-inlet-truncated'])).toBeGreaterThan(1_500_000);
    const request = requestFor(channel, { body: heard.body, headers: heard.headers! });
    const [event] = (await channel.parse(request, mailboxEndpoint(imap) as never)) as readonly [InboundEvent];
    expect(event.text).toContain('Only the beginning of this mail');
  });

  it('says what is not a mailbox: no server, and it waits for posts', async () => {
    const listener = start({ settings: { imapHost: '' } });
    await connected(listener);
    expect(listener.tools.health?.detail).toContain('posts');
    expect(imap.connections()).toBe(0);
  });
});

/** Needs files that only Dovecot keeps; the line about its absence is printed by the server's own file. */
describe.runIf(hasDovecot)('with Dovecot', () => {
  const inbox = (): string => imap.maildir!;

  async function fill(count: number, from = 0): Promise<void> {
    const owner = statSync(path.join(inbox(), '..'));
    for (const name of ['', 'new', 'cur', 'tmp']) {
      const folder = path.join(inbox(), name);
      if (!existsSync(folder)) mkdirSync(folder);
      chownSync(folder, owner.uid, owner.gid);
    }
    for (let index = from; index < from + count; index += 1) {
      const file = path.join(inbox(), 'new', `${1_700_000_000 + index}.M${index}.test`);
      writeFileSync(file, `From: a@example.org\nMessage-ID: <t${index}@example.org>\n\ntiny ${index};\n`);
      chownSync(file, owner.uid, owner.gid);
    }
  }

  it('starts from now in a mailbox of 20,000 mails without reading one', async () => {
    await fill(20_000);
    const began = process.memoryUsage().rss;
    const listener = start();
    await until(() => listener.tools.health?.state === 'connected', 60_000);
    expect(listener.tools.asked).toHaveLength(0);
    expect(imap.commands()).not.toMatch(/FETCH 1:/);
    await imap.append(letter('number 20001', '<n@example.org>'));
    await until(() => listener.has('number 20001') === 1);
    expect(listener.tools.asked).toHaveLength(1);
    expect(process.memoryUsage().rss - began).toBeLessThan(150 * 1024 * 1024);
  }, 120_000);

  it('takes thousands of mails that came while it was away, in stretches, each once', async () => {
    const before = start();
    await connected(before);
    await before.stop();
    await fill(6000);
    let atOnce = 0;
    let most = 0;
    const listener = start({
      before,
      accept: async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return undefined as never;
      },
    });
    await until(() => listener.tools.health?.state === 'connected', 60_000);
    expect(new Set(listener.tools.accepted.map(({ repeatKey }) => repeatKey)).size).toBe(6000);
    expect(listener.tools.asked).toHaveLength(6000);
    expect(most).toBeLessThanOrEqual(50);
  }, 120_000);

  it('reads the last 30 days again when UIDVALIDITY changed, and doubles nothing', async () => {
    await imap.append(letter('too old', '<o@example.org>'), 'INBOX', daysAgo(60));
    const first = start({ settings: { startFrom: dateText(daysAgo(5)) } });
    await connected(first);
    await imap.append(letter('before', '<b@example.org>'));
    await until(() => first.has('before') === 1);
    await first.stop();
    // What a restored backup or a moved mailbox does: the list of UIDs is made anew.
    for (const name of readdirSync(inbox())) if (name.startsWith('dovecot')) rmSync(path.join(inbox(), name));
    writeUidList();
    await imap.append(letter('after', '<a@example.org>'));
    const second = start({ before: first });
    await until(() => second.has('after') === 1);
    await until(() => second.tools.health?.state === 'connected');
    expect(second.has('before')).toBe(1);
    expect(second.tools.asked.filter(({ heard }) => Buffer.from(heard.body).includes('before'))).toHaveLength(2);
    expect(second.has('too old')).toBe(0);
    expect(second.tools.values.get('cursor:INBOX')).toContain('"uidValidity":"99"');
  });

  /** Version 3, UIDVALIDITY 99, every mail numbered from 1. */
  function writeUidList(): void {
    const names = readdirSync(path.join(inbox(), 'cur'))
      .concat(readdirSync(path.join(inbox(), 'new')))
      .sort();
    const lines = names.map((name, index) => `${index + 1} :${name.replace(/:2,.*/, '')}`);
    const file = path.join(inbox(), 'dovecot-uidlist');
    writeFileSync(
      `${file}.tmp`,
      `3 V99 N${names.length + 1} G0123456789abcdef0123456789abcdef\n${lines.join('\n')}\n`,
    );
    const owner = statSync(inbox());
    chownSync(`${file}.tmp`, owner.uid, owner.gid);
    renameSync(`${file}.tmp`, file);
    expect(readFileSync(file, 'utf8')).toContain('V99');
  }

  it('survives a mail that is deleted while it is being read', async () => {
    const before = start();
    await connected(before);
    await before.stop();
    await fill(3);
    await imap.append(letter('last', '<last@example.org>'));
    for (const name of readdirSync(path.join(inbox(), 'cur')).slice(0, 1)) rmSync(path.join(inbox(), 'cur', name));
    const listener = start({ before });
    await until(() => listener.has('last') === 1);
    await until(() => listener.tools.health?.state === 'connected');
  });
});
