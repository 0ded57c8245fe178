/**
 * Mails a second, from a mailbox on Dovecot to messages in the base, against imapflow and postal-mime alone; and the
 * memory of a server that watches twenty idle mailboxes.
 */
import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import PostalMime from 'postal-mime';
import { channels } from '../channels/node.ts';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/db/open.ts';
import { createEndpoint, deleteEndpoint } from '../src/intake/endpoints.ts';
import { openVault } from '../src/vault/open-vault.ts';
import { hasDovecot, type ImapServer, openImap } from '../test/contract/email/imap-server.ts';
import { mailboxOn } from '../test/contract/email/loopback.ts';
import { cpuUs, pssBytes } from './cluster.ts';
import { type Bed, serveSubject } from './throughput.ts';

const MAILS = 3000;
const PAIRS = 3;
const BATCH = 50;
const IDLE_MAILBOXES = 20;
const IDLE_SECONDS = 30;
const NO_SMTP = 9;
const ADMIN = { userId: null, role: 'admin', name: 'bench', language: 'en' } as const;

export async function mail(bed: Bed, log: (text: string) => void): Promise<string> {
  if (!hasDovecot) return 'mail: not measured, Dovecot is not installed (apt-get install dovecot-imapd)';
  const ratios: number[] = [];
  const ours: number[] = [];
  for (let pair = 1; pair <= PAIRS; pair += 1) {
    const imap = await openImap();
    fill(imap, MAILS, pair);
    const alone = await readAlone(imap);
    const inlet = await readByInlet(bed, imap);
    log(
      `mail, pair ${pair}: the libraries alone ${alone.toFixed(0)}/s, Inlet ${inlet.perSecond.toFixed(0)}/s, ` +
        `app ${inlet.appUs.toFixed(0)} µs, database ${inlet.databaseUs.toFixed(0)} µs a mail`,
    );
    ratios.push(inlet.perSecond / alone);
    ours.push(inlet.perSecond);
    await imap.close();
  }
  const middle = (list: number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return (
    `mail: ${middle(ours).toFixed(0)} a second from mailbox to message, ` +
    `${middle(ratios).toFixed(2)} (${range}) of imapflow and postal-mime alone; ${await idleMailboxes(bed)}`
  );
}

/** As a client's mail looks: a text, the same as HTML, the headers that servers add. About 6 kB. */
function fill(imap: ImapServer, count: number, seed: number): void {
  const folder = path.join(imap.maildir ?? '', 'new');
  mkdirSync(folder, { recursive: true });
  const { uid, gid } = statSync(path.dirname(imap.maildir ?? ''));
  for (const made of [imap.maildir ?? '', folder]) chownSync(made, uid, gid);
  for (let n = 0; n < count; n += 1) {
    const file = path.join(folder, `${1_700_000_000 + n}.M${n}P1.bench`);
    writeFileSync(file, letterOf(seed, n));
    chownSync(file, uid, gid);
  }
}

function letterOf(seed: number, n: number): string {
  const words = `Добрый день! Меня интересует заявка номер ${n}. Сколько это стоит и когда можно забрать? `.repeat(8);
  const html = `<html><body><p style="color:#222">${words}</p><table><tr><td>${n}</td></tr></table></body></html>`;
  const part = (type: string, text: string): string =>
    `--b\r\nContent-Type: text/${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
    `${Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`;
  return (
    `Return-Path: <client${n}@example.org>\r\n` +
    `Received: from mx.example.org by mail.example.com; ${new Date().toUTCString()}\r\n` +
    `From: =?utf-8?B?${Buffer.from(`Клиент ${n}`).toString('base64')}?= <client-${seed}-${n}@example.org>\r\n` +
    `To: sales@example.com\r\nSubject: Order ${n}\r\nDate: ${new Date().toUTCString()}\r\n` +
    `Message-ID: <bench-${seed}-${n}@example.org>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: multipart/alternative; boundary=b\r\n\r\n${part('plain', words)}${part('html', html)}--b--\r\n`
  );
}

async function readAlone(imap: ImapServer): Promise<number> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: imap.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: imap.user, pass: imap.password },
    logger: false,
  });
  client.on('error', () => undefined);
  await client.connect();
  const lock = await client.getMailboxLock('INBOX');
  const began = performance.now();
  let read = 0;
  for (let from = 1; from <= MAILS; from += BATCH)
    for (const message of await client.fetchAll(`${from}:${from + BATCH - 1}`, { source: true }, { uid: true })) {
      await PostalMime.parse(message.source ?? '');
      read += 1;
    }
  const perSecond = (read * 1000) / (performance.now() - began);
  lock.release();
  await client.logout();
  if (read !== MAILS) throw new Error(`${read} of ${MAILS} mails were read`);
  return perSecond;
}

/** From the first delivery to the last message, by the clock of the database. */
async function readByInlet(bed: Bed, imap: ImapServer) {
  return withMailboxes(bed, [mailboxOn(imap.port, NO_SMTP)], async ([id]) => {
    const served = await serveSubject(bed, 'complete');
    const cpu = async () => ({ app: await cpuUs(served.child.pid!), database: await cpuUs(bed.postmasterPid) });
    const before = await cpu();
    try {
      for (;;) {
        const [row] = await bed.owner<{ n: number; seconds: number }[]>`
          select (select count(*) from messages where endpoint_id = ${id ?? ''})::int as n,
            extract(epoch from clock_timestamp() - (
              select min(received_at) from deliveries where endpoint_id = ${id ?? ''}))::float8 as seconds`;
        if ((row?.n ?? 0) >= MAILS) {
          const after = await cpu();
          return {
            perSecond: MAILS / (row?.seconds ?? Number.NaN),
            appUs: (after.app - before.app) / MAILS,
            databaseUs: (after.database - before.database) / MAILS,
          };
        }
        await sleep(50);
      }
    } finally {
      await served.stop();
    }
  });
}

async function idleMailboxes(bed: Bed): Promise<string> {
  const imap = await openImap();
  // Dovecot lets anybody in here: each name is a mailbox.
  const mailboxes = Array.from({ length: IDLE_MAILBOXES }, (_, n) => ({
    ...mailboxOn(imap.port, NO_SMTP),
    startFrom: 'now',
    user: `idle${n}`,
    address: `idle${n}@example.com`,
  }));
  try {
    return await withMailboxes(bed, mailboxes, async (ids) => {
      const served = await serveSubject(bed, 'complete');
      try {
        for (let connected = 0; connected < ids.length; await sleep(200))
          connected = (
            await bed.owner`
            select from endpoint_health where endpoint_id in ${bed.owner([...ids])} and state = 'connected'`
          ).length;
        await sleep(IDLE_SECONDS * 1000);
        const bytes = await pssBytes(served.child.pid!);
        return `a server with ${IDLE_MAILBOXES} idle mailboxes: ${(bytes / 1_000_000).toFixed(0)} MB PSS`;
      } finally {
        await served.stop();
      }
    });
  } finally {
    await imap.close();
  }
}

async function withMailboxes<T>(
  bed: Bed,
  mailboxes: readonly Record<string, unknown>[],
  work: (ids: readonly string[]) => Promise<T>,
): Promise<T> {
  const sql = openDatabase(bed.databaseUrl, { max: 2, role: 'inlet_system', applicationName: 'bench' });
  const vault = await openVault(sql, [Buffer.from(bed.masterKey, 'base64')]);
  const config = { publicUrl: 'http://127.0.0.1', trustedProxies: [], version: '0' };
  const tools = { sql, vault, channels, config, clock: systemClock };
  const ids: string[] = [];
  try {
    for (const settings of mailboxes) {
      const wanted = { channel: 'email', name: 'Mailbox', settings: { startFrom: '2020-01-01', ...settings } };
      ids.push((await createEndpoint(tools, ADMIN, wanted)).id);
    }
    return await work(ids);
  } finally {
    for (const id of ids) await deleteEndpoint(tools, ADMIN, id);
    await sql.end();
  }
}
