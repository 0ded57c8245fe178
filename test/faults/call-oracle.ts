/** What must stand in the base when every event of every call has come, in whatever order and however often. */
import { unsealFacts } from '../../src/calls/pack-facts.ts';
import { readLedger } from '../../src/intake/ledger.ts';
import { eventKey } from '../../src/intake/read-delivery.ts';
import type { Provider, Story } from './call-stories.ts';
import type { Inside } from './inside.ts';
import type { Findings } from './oracle.ts';

export interface CallScene {
  readonly inside: Inside;
  readonly endpoints: Readonly<Record<Provider, { readonly id: string; readonly key: string }>>;
  /** By extension. */
  readonly people: ReadonlyMap<string, string>;
  readonly stories: readonly Story[];
  /** Bodies that differ, of all events. */
  readonly bodies: number;
}

interface Row {
  readonly id: string;
  readonly endpoint_id: string;
  readonly direction: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly answered_by: string | null;
  readonly talk_seconds: number | null;
  readonly skipped: string | null;
  readonly facts: Uint8Array;
  readonly contact_id: string | null;
  readonly lead_id: string | null;
  readonly wrapped: Uint8Array | null;
  readonly owner_id: string | null;
  readonly messages: number;
  readonly recordings: number;
}

export async function judgeCalls(scene: CallScene): Promise<Findings> {
  const { inside, endpoints, stories } = scene;
  const findings: Findings = { lost: [], doubled: [], invented: [], limbo: [], crooked: [] };
  const rows = new Map((await readRows(inside)).map((row) => [row.id, row]));
  const byClient = new Map<string, { readonly story: Story; readonly row: Row }[]>();
  for (const story of stories) {
    const id = eventKey(inside.vault, endpoints[story.provider].id, story.id);
    const row = rows.get(id);
    rows.delete(id);
    if (row === undefined) findings.lost.push(`${nameOf(story)}: no call`);
    else {
      await judgeOne(scene, story, row, findings);
      const client = story.client.startsWith('+') ? story.client : story.id;
      if (story.direction !== 'internal') byClient.set(client, [...(byClient.get(client) ?? []), { story, row }]);
    }
  }
  for (const id of rows.keys()) findings.invented.push(`call ${id}`);
  const contacts = new Set<string>();
  for (const calls of byClient.values()) await judgeClient(scene, calls, contacts, findings);
  await judgeCounts(scene, byClient.size, findings);
  return findings;
}

const nameOf = ({ provider, kind, id, n }: Story): string => `${provider} ${kind} ${id} (${n})`;

function readRows({ sql }: Inside): Promise<Row[]> {
  return sql<Row[]>`
    select c.id, c.endpoint_id, c.direction, c.state, c.outcome, c.answered_by, c.talk_seconds, c.skipped, c.facts,
      c.contact_id, c.lead_id, k.wrapped, l.owner_id,
      (select count(*)::int from messages m where m.event_key = c.id) as messages,
      (select count(*)::int from attachments a where a.message_id = c.message_id and a.recording) as recordings
    from calls c left join leads l on l.id = c.lead_id left join contact_keys k on k.contact_id = c.contact_id`;
}

async function judgeOne(scene: CallScene, story: Story, row: Row, findings: Findings): Promise<void> {
  const internal = story.direction === 'internal';
  const told = story.client !== 'untold';
  const expected = {
    direction: told ? story.direction : 'inbound',
    state: 'ended',
    outcome: story.outcome,
    skipped: internal ? 'internal call' : null,
    messages: internal ? 0 : 1,
    ...(story.talkSeconds === undefined && story.outcome === 'answered'
      ? {}
      : { talk_seconds: story.talkSeconds ?? null }),
    answered_by: (story.by === undefined ? undefined : scene.people.get(story.by)) ?? null,
    recordings: story.recorded ? 1 : 0,
  };
  for (const [name, value] of Object.entries(expected))
    if (row[name as keyof typeof expected] !== value && !(internal && name !== 'skipped' && name !== 'messages'))
      findings.crooked.push(`${nameOf(story)}: ${name} is ${String(row[name as keyof Row])}, not ${String(value)}`);
  const facts = await factsOf(scene.inside, row);
  const kind = facts < story.steps.length ? findings.lost : findings.doubled;
  if (facts !== story.steps.length) kind.push(`${nameOf(story)}: ${facts} facts of ${story.steps.length}`);
}

async function factsOf({ vault, sql, endpoints }: Inside, row: Row): Promise<number> {
  if (row.contact_id !== null && row.wrapped !== null) {
    const key = vault.openKey('contact', row.contact_id, row.wrapped);
    return unsealFacts(key, row.id, row.contact_id, row.facts).length;
  }
  const endpoint = await endpoints.byId(sql, row.endpoint_id);
  return endpoint === undefined ? 0 : unsealFacts(endpoint.dataKey, row.id, row.endpoint_id, row.facts).length;
}

/** One contact, one open lead, whose owner is one of those who talked, and a promise exactly where one is due. */
async function judgeClient(
  { inside, people }: CallScene,
  calls: readonly { readonly story: Story; readonly row: Row }[],
  contacts: Set<string>,
  findings: Findings,
): Promise<void> {
  const name = calls.map(({ story }) => nameOf(story)).join(', ');
  const { contact_id: contact, lead_id: lead, owner_id: owner } = calls[0]!.row;
  if (contact === null || lead === null) return void findings.limbo.push(`${name}: no lead`);
  if (calls.some(({ row }) => row.contact_id !== contact || row.lead_id !== lead))
    findings.doubled.push(`${name}: several contacts or leads`);
  if (contacts.has(contact)) findings.crooked.push(`${name}: shares its contact`);
  contacts.add(contact);
  const personOf = ({ by }: Story): string[] => (by === undefined ? [] : [people.get(by) ?? []].flat());
  const talked = calls.filter(({ story }) => story.outcome === 'answered').flatMap(({ story }) => personOf(story));
  const called = calls.filter(({ story }) => story.direction === 'outbound').flatMap(({ story }) => personOf(story));
  const mayOwn =
    owner === null
      ? talked.length === 0 && !(calls.length === 1 && called.length > 0)
      : [...talked, ...called].includes(owner);
  if (!mayOwn) findings.crooked.push(`${name}: the lead's owner is ${owner}`);
  const [promised] = await inside.sql<{ open: number; calls: number }[]>`
    select count(*) filter (where done_at is null)::int as open, count(*)::int as calls from callbacks
    where contact_id = ${contact}`;
  const due = isDue(calls.map(({ story }) => story)) ? 1 : 0;
  if (promised?.open !== due) findings.crooked.push(`${name}: ${promised?.open} open promises instead of ${due}`);
}

/** Somebody was not answered, and nobody talked to them after that. */
function isDue(calls: readonly Story[]): boolean {
  const endOf = ({ startedMs, steps }: Story): number => startedMs + steps.at(-1)!.at * 1000;
  const talks = calls.filter(({ outcome }) => outcome === 'answered').map(({ startedMs }) => startedMs);
  return calls.some(
    (one) =>
      one.direction === 'inbound' && one.outcome !== 'answered' && !talks.some((talkedMs) => talkedMs > endOf(one)),
  );
}

/** Whole tables: nothing but what was sent. */
async function judgeCounts(
  { inside, stories, bodies }: CallScene,
  clients: number,
  findings: Findings,
): Promise<void> {
  const messages = stories.filter(({ direction }) => direction !== 'internal').length;
  const identities = new Set(stories.filter(({ client }) => client.startsWith('+')).map(({ client }) => client)).size;
  const expected = {
    calls: stories.length,
    messages,
    contacts: clients,
    leads: clients,
    identities,
    deliveries: bodies,
  };
  const [found] = await inside.sql<Record<string, number>[]>`
    select (select count(*)::int from calls) as calls, (select count(*)::int from messages) as messages,
      (select count(*)::int from contacts) as contacts, (select count(*)::int from leads) as leads,
      (select count(*)::int from identities) as identities, (select count(*)::int from deliveries) as deliveries,
      (select coalesce(sum(messages), 0)::int from leads) as counted,
      (select count(*)::int from outcomes where outcome = 'quarantined') as quarantined,
      (select count(*)::int from (select from leads where closed_at is null group by contact_id having count(*) > 1) x)
        as two_open`;
  const all: Record<string, number> = { ...expected, counted: messages, quarantined: 0, two_open: 0 };
  for (const [name, count] of Object.entries(all))
    if (found?.[name] !== count) findings.crooked.push(`${found?.[name]} ${name} instead of ${count}`);
  const ledger = await readLedger(inside.sql);
  if (!ledger.balanced || ledger.pending > 0)
    findings.crooked.push(`ledger: received ${ledger.received}, pending ${ledger.pending}, ${ledger.balanced}`);
}
