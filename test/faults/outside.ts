/**
 * The app is killed while mail and Telegram updates flow in and answers flow out. Every mail that the IMAP server has
 * and every update that the Bot API gave must be one message; an answer may be there once, or be marked unknown.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEndpoint } from '../../src/intake/endpoints.ts';
import { reply } from '../../src/replies/reply.ts';
import { unsealText } from '../../src/vault/seal.ts';
import { type ImapServer, openImap } from '../contract/email/imap-server.ts';
import { letter, mailboxOn } from '../contract/email/loopback.ts';
import { openSmtp } from '../contract/email/smtp-server.ts';
import { BotApi, TOKEN } from '../contract/telegram/bot-api.ts';
import { ADMIN, embeddedUrl, type Inside, openInside } from './inside.ts';
import { makeFolder, type ServerProcess, startServer, until } from './server.ts';

export interface OutsideResult {
  readonly kills: number;
  readonly seconds: number;
  readonly updates: number;
  readonly mails: number;
  readonly answers: number;
  /** Of the answers, by what became of them. */
  readonly answered: Readonly<Record<string, number>>;
  /** From a kill until something new was stored, ms. */
  readonly backMs: readonly number[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly invented: readonly string[];
}

export interface OutsideOptions {
  readonly kills: number;
  /** Life of the app between a kill and the next, ms: uniform between the two. */
  readonly liveMs?: readonly [number, number];
  readonly say?: (line: string) => void;
}

const PEOPLE = 40;
const UPDATE_EVERY_MS = 25;
const MAIL_EVERY_MS = 120;
const ANSWER_EVERY_MS = 80;
const BACK_WITHIN_MS = 60_000;
const DRAIN_WITHIN_MS = 120_000;

interface Scene {
  readonly api: BotApi;
  readonly imap: ImapServer;
  readonly inside: Inside;
  readonly botId: string;
  readonly asked: Set<string>;
  readonly sentIn: { updates: number; mails: number };
}

export async function runOutside(options: OutsideOptions): Promise<OutsideResult> {
  const { kills, liveMs = [1000, 16_000], say = () => undefined } = options;
  const began = performance.now();
  const folder = await makeFolder('outside');
  const dataDir = path.join(folder.dir, 'data');
  const logFile = path.join(folder.dir, 'server.log');
  const [api, imap, smtp] = await Promise.all([new BotApi().open(), openImap(), openSmtp()]);
  let server: ServerProcess = await startServer({ dataDir, logFile });
  const inside = await openInside(await embeddedUrl(dataDir), dataDir);
  const scene = await setScene(inside, api, imap, smtp.port);
  const stopTraffic = startTraffic(scene);
  const backMs: number[] = [];
  try {
    await until('the first delivery', BACK_WITHIN_MS, async () => (await stored(inside)) > 0);
    for (let n = 1; n <= kills; n += 1) {
      await sleep(liveMs[0] + Math.random() * (liveMs[1] - liveMs[0]));
      const before = await stored(inside);
      await server.kill();
      const killedAt = performance.now();
      server = await startServer({ dataDir, logFile });
      // Some kills come before the lease of the one before has run out: only what was waited for is measured.
      if (n % 4 === 0 || n === kills) {
        await until('something new', BACK_WITHIN_MS, async () => (await stored(inside)) > before);
        backMs.push(Math.round(performance.now() - killedAt));
      }
      say(`${n}/${kills}: ${await stored(inside)} stored`);
    }
    await stopTraffic();
    return { kills, backMs, ...(await judge(scene)), seconds: Math.round((performance.now() - began) / 1000) };
  } catch (error) {
    say((await readFile(logFile, 'utf8')).split('\n').slice(-60).join('\n'));
    throw error;
  } finally {
    await stopTraffic();
    await inside.close();
    await server.stop();
    await Promise.all([api.close(), imap.close(), smtp.close()]);
    await folder.remove();
  }
}

async function setScene(inside: Inside, api: BotApi, imap: ImapServer, smtpPort: number): Promise<Scene> {
  const bot = await createEndpoint(inside.tools, ADMIN, {
    channel: 'telegram',
    name: 'Bot',
    settings: { botToken: TOKEN, apiRoot: api.apiRoot, askPhone: false },
  });
  await createEndpoint(inside.tools, ADMIN, {
    channel: 'email',
    name: 'Mailbox',
    // From the beginning: the first mail may be there before the first connection.
    settings: { ...mailboxOn(imap.port, smtpPort), startFrom: '2020-01-01' },
  });
  return { api, imap, inside, botId: bot.id, asked: new Set(), sentIn: { updates: 0, mails: 0 } };
}

function startTraffic(scene: Scene): () => Promise<void> {
  let running = true;
  const loop = async (everyMs: number, work: () => Promise<void>): Promise<void> => {
    while (running) {
      await work();
      await sleep(everyMs);
    }
  };
  const loops = [
    loop(UPDATE_EVERY_MS, async () => pushUpdate(scene)),
    loop(MAIL_EVERY_MS, () => pushMail(scene)),
    loop(ANSWER_EVERY_MS, () => answer(scene).catch(() => undefined)), // the database may be starting
  ];
  return async () => {
    running = false;
    await Promise.all(loops);
  };
}

function pushUpdate({ api, sentIn }: Scene): void {
  const n = sentIn.updates;
  sentIn.updates += 1;
  const person = { id: 500_000 + (n % PEOPLE), first_name: 'Ivan' };
  api.push({
    update_id: 700_000_000 + n,
    message: {
      // In one chat both sides count together: ours, from the Bot API, stay below a million.
      message_id: 1_000_000 + n,
      from: { ...person, is_bot: false },
      chat: { ...person, type: 'private' },
      date: Math.floor(Date.now() / 1000),
      text: `update ${n}`,
    },
  });
}

async function pushMail({ imap, sentIn }: Scene): Promise<void> {
  const n = sentIn.mails;
  await imap.append(letter(`mail ${n}`, `<mail-${n}@example.org>`));
  sentIn.mails += 1;
}

/** To whoever wrote last. A text is asked for once: what fails on the way is not asked for again. */
async function answer({ inside, botId, asked }: Scene): Promise<void> {
  const [lead] = await inside.sql<{ id: string }[]>`
    select l.id from leads l where l.endpoint_id = ${botId} and l.closed_at is null order by random() limit 1`;
  if (lead === undefined) return;
  const text = `answer ${asked.size}`;
  asked.add(text);
  await reply(inside.tools, ADMIN, lead.id, { endpointId: botId, text, files: [] });
}

async function stored({ sql }: Inside): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from deliveries`;
  return row?.n ?? 0;
}

async function judge(scene: Scene) {
  const { inside, sentIn } = scene;
  const expected = new Set([
    ...Array.from({ length: sentIn.updates }, (_, n) => `update ${n}`),
    ...Array.from({ length: sentIn.mails }, (_, n) => `mail ${n}`),
  ]);
  await until('everything at rest', DRAIN_WITHIN_MS, async () => {
    const [row] = await inside.sql<{ busy: number }[]>`
      select (select count(*) from pending)::int + (select count(*) from jobs)::int as busy`;
    return row?.busy === 0 && (await readTexts(inside, 'inbound')).length >= expected.size;
  }).catch(() => undefined); // what is missing is told below
  const counts = Map.groupBy(await readTexts(inside, 'inbound'), ({ text }) => text);
  const lost = [...expected].filter((text) => !counts.has(text));
  const doubled = [...counts].filter(([, list]) => list.length > 1).map(([text, list]) => `${text}: ${list.length}`);
  const invented = [...counts.keys()].filter((text) => !expected.has(text));
  const answers = await judgeAnswers(scene);
  return {
    updates: sentIn.updates,
    mails: sentIn.mails,
    answers: answers.count,
    answered: answers.states,
    lost: [...lost, ...answers.lost],
    doubled: [...doubled, ...answers.doubled],
    invented: [...invented, ...answers.invented],
  };
}

async function judgeAnswers({ inside, api, asked }: Scene) {
  const written = await readTexts(inside, 'outbound');
  const got = Map.groupBy(
    api.sent.map(({ payload }) => String(payload.text)),
    (text) => text,
  );
  const states: Record<string, number> = {};
  for (const { state } of written) states[state ?? 'none'] = (states[state ?? 'none'] ?? 0) + 1;
  return {
    count: written.length,
    states,
    lost: written.filter(({ text, state }) => state === 'sent' && !got.has(text)).map(({ text }) => text),
    doubled: [...got].filter(([, list]) => list.length > 1).map(([text, list]) => `${text}: ${list.length}`),
    invented: [...got.keys()].filter((text) => !asked.has(text)),
  };
}

interface Row {
  readonly id: string;
  readonly contactId: string;
  readonly body: Uint8Array;
  readonly wrapped: Uint8Array;
  readonly state: string | null;
}

async function readTexts({ sql, vault }: Inside, direction: 'inbound' | 'outbound') {
  const rows = await sql<Row[]>`
    select m.id, m.contact_id as "contactId", m.body, k.wrapped, s.state
    from messages m join contact_keys k on k.contact_id = m.contact_id left join sends s on s.message_id = m.id
    where m.direction = ${direction} and m.duplicate_of is null`;
  return rows.map(({ id, contactId, body, wrapped, state }) => {
    const key = vault.openKey('contact', contactId, wrapped);
    const place = { table: 'messages', column: 'body', row: id, subject: contactId };
    return { text: (JSON.parse(unsealText(key, place, body)) as { text?: string }).text?.trim() ?? '', state };
  });
}
