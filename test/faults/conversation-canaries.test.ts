/** Conversations too: nobody who gets the data files, the WAL, a dump or the log reads what was said, or to whom. */
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallFact, InboundEvent } from '../../src/channel.ts';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { Later, Refused } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { drainJobs } from '../../src/jobs/runner.ts';
import { heardAcceptor } from '../../src/listeners/accept-heard.ts';
import { writeHealth } from '../../src/listeners/health.ts';
import { takeLease } from '../../src/listeners/lease.ts';
import { stateOf } from '../../src/listeners/state.ts';
import type { Log } from '../../src/log.ts';
import { keepUpload, saveDraft } from '../../src/replies/drafts.ts';
import { sendAgain } from '../../src/replies/reply.ts';
import { openChat, says, writesFromPhone } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { type Canary, hunt, phoneCanaries } from './canaries.ts';
import { dump } from './dump.ts';
import { makeFolder } from './server.ts';

/** In every secret, so that one search finds them all; only a find is looked into further. */
const MARK = 'canary7f3a91';
const SAID = {
  name: 'Евлампия Канареечная-Первая',
  who: `${MARK}-messenger-id-4471`,
  text: `${MARK} text: my divorce is on Friday`,
  subject: `${MARK} subject: about the divorce`,
  rest: `${MARK} quoted part of a mail`,
  html: `${MARK} hidden inside of the layout`,
  mail: `evlampia.${MARK}@mail.example`,
  edited: `${MARK} text after the edit`,
  completed: `${MARK} text that came later`,
  fromPhone: `${MARK} words typed on the phone`,
  reply: `${MARK} reply of the manager`,
  refused: `${MARK} reply that was refused`,
  variable: `${MARK} variable of a template`,
  draft: `${MARK} half of a thought`,
  reach: `${MARK}-thread-of-the-conversation`,
  inboundId: `${MARK}-provider-id-inbound-81`,
  outboundId: `${MARK}-provider-id-outbound-82`,
  pieceId: `${MARK}-provider-id-piece-83`,
  quoted: `${MARK}-provider-id-quoted-84`,
  fileName: `${MARK} passport of Evlampia.txt`,
  fileBytes: `${MARK} bytes inside of the file`,
  uploadName: `${MARK} price for Evlampia.txt`,
  uploadBytes: `${MARK} bytes of the price list`,
  remote: `${MARK}-reference-of-the-remote-file`,
  place: `${MARK} name of a place on the map`,
  stateName: `${MARK}/session/of/evlampia`,
  stateValue: `${MARK} cursor of the listener`,
  pairing: `${MARK}-pairing-code-QR-5512`,
  repeatKey: `${MARK}-repeat-key-of-a-webhook`,
  requestKey: `${MARK}-idempotency-key-of-a-reply`,
  callId: `${MARK}-provider-id-of-a-call`,
  earlyCallId: `${MARK}-provider-id-of-a-call-without-a-caller`,
  recording: `https://pbx.example.com/${MARK}-recording.mp3`,
} as const;
const DIGITS = '9158823746';
const CANARIES: readonly Canary[] = [
  ...phoneCanaries(DIGITS),
  { what: 'name', value: SAID.name },
  { what: 'one of the others', value: MARK },
];
const WITNESS = 'witness-of-the-conversations-9c2';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Embedded;
let house: ChatHouse;
const logged: string[] = [];
beforeAll(async () => {
  folder = await makeFolder('conversation-canaries');
  server = await startEmbedded({ dir: path.join(folder.dir, 'postgres') });
  await migrate(server.url);
  const mail = openChat('letters', { first: ['email'], subject: true });
  const database = { url: server.url, drop: () => Promise.resolve() };
  const settings = { templates: [{ name: 'hello', language: 'en', text: 'Hello {{1}}' }] };
  house = await openChatHouse({ database, settings, more: [mail] });
  await house.open({}, 'letters');
});
afterAll(async () => {
  await house.close();
  await server.stop('immediate');
  await folder.remove();
});

const write = (event: string, fields: unknown = {}): void => void logged.push(`${event} ${JSON.stringify(fields)}`);
const log: Log = { trace: write, debug: write, info: write, warn: write, error: write } as unknown as Log;

/** Everything that a client says, and that the provider says of it. */
async function clientSpeaks(): Promise<string> {
  const sender = {
    name: SAID.name,
    identities: [
      { kind: 'chatter', value: SAID.who, trust: 'attested' },
      { kind: 'phone', value: `+7${DIGITS}`, trust: 'claimed' },
      { kind: 'email', value: SAID.mail, trust: 'claimed' },
    ],
  } as const;
  const { text, subject, rest, inboundId: eventId } = SAID;
  const reach = { thread: SAID.reach };
  const files = [{ name: SAID.fileName, ref: { id: SAID.remote } }];
  const location = { latitude: 55.75, longitude: 37.62, title: SAID.place };
  const mail = { sender, eventId, subject, rest, html: `<p>${SAID.html}</p>`, reach, files, location };
  const [told] = await house.hear(says(SAID.who, text, mail));
  const heard = (of: object) => ({ sender, reach, ...of });
  await house.hearEach(
    says(SAID.who, SAID.edited, heard({ eventId, revision: 'edit' })),
    says(SAID.who, '', heard({ eventId: SAID.quoted, incomplete: true, quotes: eventId, references: [eventId] })),
    says(SAID.who, SAID.completed, heard({ eventId: SAID.quoted, revision: 'completion' })),
    writesFromPhone(SAID.who, SAID.fromPhone, heard({})),
    { kind: 'receipt', of: SAID.outboundId, state: 'delivered' },
    { kind: 'deletion', of: SAID.quoted },
    { kind: 'acquaintance', identities: sender.identities },
  );
  await clientCalls();
  return told!.lead_id;
}

/** Calls too: with their caller, and pieces of one whose caller nobody has told. */
async function clientCalls(): Promise<void> {
  const files = [{ name: SAID.fileName, ref: { url: SAID.recording } }];
  const call = (eventId: string, fact: CallFact, more: Partial<InboundEvent> = {}): InboundEvent => ({
    eventId,
    kind: 'call',
    direction: 'inbound',
    sender: { identities: [] },
    call: fact,
    ...more,
  });
  const sender = {
    name: SAID.name,
    identities: [{ kind: 'phone', value: `+7${DIGITS}`, trust: 'observed' }],
  } as const;
  await house.hearEach(
    call(SAID.earlyCallId, { happened: 'recorded' }, { files }),
    call(SAID.callId, { happened: 'answered', extension: WITNESS }),
    call(SAID.callId, { happened: 'ringing', direction: 'inbound', line: '+74950000000' }, { sender }),
    call(SAID.callId, { happened: 'recorded' }, { files }),
  );
}

/** Answers that arrive, that are refused, that are put off, and what is written before them. */
async function managerAnswers(leadId: string): Promise<void> {
  const { sql, vault, head, chat } = house;
  const deps = { ...house.jobDeps, log };
  await saveDraft({ sql, vault }, head, leadId, {
    text: SAID.draft,
    endpointId: null,
    quotes: null,
    subject: SAID.draft,
  });
  const bytes = Buffer.from(SAID.uploadBytes);
  const file = await keepUpload({ sql, vault }, head, leadId, { name: SAID.uploadName, bytes });
  await keepUpload({ sql, vault }, head, leadId, { name: SAID.uploadName, bytes });
  const [quoted] = await house.shown(leadId);
  chat.files.set(SAID.remote, Buffer.from(SAID.fileBytes));
  chat.next.push(() => ({ providerId: SAID.outboundId, moreIds: [SAID.pieceId] }));
  await house.answer(leadId, { text: SAID.reply, files: [file.id], quotes: quoted!.id }, SAID.requestKey);
  await drainJobs(deps);
  await saveDraft({ sql, vault }, head, leadId, { text: SAID.draft, endpointId: null, quotes: null, subject: null });
  const trouble = [new Refused('The client has blocked us.'), new Later(60), new Error(`lost: ${SAID.refused}`)];
  for (const error of trouble)
    chat.next.push(() => {
      throw error;
    });
  const refused = await house.answer(leadId, { text: SAID.refused });
  await drainJobs(deps);
  await sendAgain(house.replyDeps, head, refused);
  await drainJobs(deps);
  await house.hurry();
  await drainJobs(deps);
  await house.answer(leadId, { template: { name: 'hello', language: 'en', variables: [SAID.variable] } });
  await drainJobs(deps);
  const [letters] = await sql<{ id: string }[]>`select id from endpoints where channel = 'letters'`;
  const [email] = await sql<{ lookup: string }[]>`select lookup from identities where kind = 'email'`;
  await house.answer(leadId, { endpointId: letters!.id, identityId: email!.lookup, text: SAID.reply });
  await drainJobs(deps);
}

async function listenerWorks(): Promise<void> {
  const lease = (await takeLease(house.sql, house.line.id, newId()))!;
  const state = stateOf(house, lease, house.line);
  await state.set({ [SAID.stateName]: SAID.stateValue });
  await state.set({ [SAID.stateName]: `${SAID.stateValue} 2` });
  const pairing = { qr: SAID.pairing, code: SAID.pairing };
  await writeHealth(house.sql, lease, house.line, { state: 'needs-human', as: WITNESS, pairing });
  const body = Buffer.from(JSON.stringify([says(SAID.who, SAID.text)]));
  await heardAcceptor(house, lease, house.line)({ body, headers: { 'x-from': SAID.who } }, SAID.repeatKey);
}

test('what clients and managers say, files, ids, drafts, cursors and codes stay out of files, WAL, dump and log', {
  timeout: 120_000,
}, async () => {
  const leadId = await clientSpeaks();
  await managerAnswers(leadId);
  await listenerWorks();
  const shown = JSON.stringify(await house.shown(leadId));
  for (const there of [SAID.edited, SAID.completed, SAID.reply, SAID.fileName, SAID.place])
    expect(shown).toContain(there);

  const search = hunt([...CANARIES, { what: 'WITNESS', value: WITNESS }]);
  const owner = postgres(server.url, { max: 1, onnotice: () => {} });
  await owner`checkpoint`; // so that the data files hold what the WAL holds
  const how = await dump(server.url, search.inBytes, owner);
  await owner.end();
  await search.inFolder(folder.dir);
  search.inBytes('the log', Buffer.from(logged.join('\n')));

  const witnessed = search.found.filter((line) => line.startsWith('WITNESS'));
  for (const where of ['/pg_wal/', '/base/', how])
    expect(
      witnessed.some((line) => line.includes(where)),
      `the search reads ${where}`,
    ).toBe(true);
  expect(search.found.filter((line) => !line.startsWith('WITNESS'))).toEqual([]);
  expect(logged.some((line) => line.startsWith('job.ran'))).toBe(true);
});
