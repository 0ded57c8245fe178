/** The deciding core by properties: what comes out must not depend on how the deliveries were cut into batches. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Holder, type SeenIdentity, trustLevel } from '../../src/contacts/resolve.ts';
import { decide } from '../../src/intake/decide.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import type {
  DecodedEvent,
  DecodedNews,
  Item,
  Known,
  KnownContact,
  KnownMessage,
  OpenLead,
  Plan,
  Verdict,
} from '../../src/intake/plan.ts';
import type { Desk } from '../../src/routing/desk.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const endpoint = { id: 'e1', channel: { id: 'form', capabilities: {} } } as unknown as OpenEndpoint;
const queue = {
  id: 'sales',
  name: 'Sales',
  isDefault: true,
  strategy: 'by_hand',
  hours: null,
  offerSeconds: 60,
  ownerFirstSeconds: 0,
  seniorAfterSeconds: null,
  headAfterSeconds: null,
  responseSeconds: 900,
} as const;
const desk: Desk = {
  version: 1,
  queues: new Map([['sales', queue]]),
  defaultQueueId: 'sales',
  rules: [],
  people: new Map(),
};

/** The base in memory: what `write` keeps of a plan and `load` finds again. Refuses what the unique indexes refuse. */
class Base {
  readonly holders = new Map<string, Holder[]>();
  readonly contacts = new Map<string, KnownContact>();
  readonly leads = new Map<string, OpenLead & { contactId: string; messages: number }>();
  readonly messages = new Map<string, KnownMessage>();
  readonly outcomes = new Map<string, Plan['outcomes'][number]>();
  readonly suspicions = new Set<string>();
  /** Kind and time of each change, by message; the same twice is one. */
  readonly changes = new Map<string, Set<string>>();
  /** By event key, how far it got. */
  readonly receipts = new Map<string, number>();
  /** Leads in which the client waits, and those that somebody of ours has answered. */
  readonly waiting = new Set<string>();
  readonly answered = new Set<string>();

  known(): Known {
    const openLeads = new Map([...this.leads.values()].map((lead) => [lead.contactId, lead]));
    const lastLeads = new Map<string, string>();
    const none = { calls: new Map(), erasedCalls: new Set<string>(), extensions: new Map(), rung: new Map() };
    return { holders: this.holders, contacts: this.contacts, openLeads, lastLeads, messages: this.messages, ...none };
  }

  write(plan: Plan): void {
    for (const one of plan.contacts)
      this.contacts.set(one.id, { id: one.id, ownerId: null, hasName: one.name !== undefined });
    for (const { identity, contactId, rank } of plan.identities) {
      expect(this.holders.has(identity.lookup)).toBe(false);
      this.holders.set(identity.lookup, [{ contactId, rank, trust: trustLevel(identity.trust) }]);
    }
    for (const lead of plan.leads) {
      expect([...this.leads.values()].some((one) => one.contactId === lead.contactId)).toBe(false);
      this.leads.set(lead.id, {
        id: lead.id,
        queueId: 'sales',
        ownerId: null,
        contactId: lead.contactId,
        messages: lead.messages,
      });
    }
    for (const lead of plan.leads) if (lead.unansweredMs !== undefined) this.waiting.add(lead.id);
    for (const [id, { count, answered, unansweredMs }] of plan.touched) {
      this.leads.get(id)!.messages += count;
      if (answered) this.waiting.delete(id);
      if (unansweredMs !== undefined) this.waiting.add(id);
    }
    for (const id of plan.answered.keys()) this.answered.add(id);
    for (const { lookup, contactId, trust } of plan.raises) {
      const [held] = this.holders.get(lookup)!;
      expect([held!.contactId, held!.trust < trust]).toEqual([contactId, true]);
      this.holders.set(lookup, [{ ...held!, trust }]);
    }
    for (const { key, receipt } of plan.receipts)
      this.receipts.set(key, Math.max(this.receipts.get(key) ?? 0, RANKS[receipt.state]));
    for (const one of plan.messages)
      for (const key of [one.id, one.eventKey]) {
        if (key === null) continue;
        expect(this.messages.has(key)).toBe(false);
        const { contactId, leadId } = one;
        const incomplete = one.event.incomplete === true;
        this.messages.set(key, { id: one.id, contactId, leadId, incomplete, queueId: 'sales', ownerId: null });
      }
    this.writeChanges(plan);
    for (const { contactId, otherId } of plan.suspicions) this.suspicions.add([contactId, otherId].sort().join());
    for (const one of plan.outcomes) this.outcomes.set(one.item.deliveryId, one);
  }

  private writeChanges(plan: Plan): void {
    for (const { messageId, kind, atMs } of plan.changes) {
      const before = this.changes.get(messageId) ?? new Set();
      if (kind === 'edited' && before.has(`completed ${atMs}`)) continue;
      if (kind === 'completed') {
        expect([...before].some((one) => one.startsWith(kind))).toBe(false);
        for (const [key, message] of this.messages)
          if (message.id === messageId) this.messages.set(key, { ...message, incomplete: false });
      }
      this.changes.set(messageId, before.add(kind === 'deleted' ? kind : `${kind} ${atMs}`));
    }
  }

  /** Everything that must not depend on the batches, without the random ids. */
  summary(): unknown {
    const people = [...this.contacts.keys()].map((id) =>
      [...this.holders]
        .filter(([, held]) => held[0]!.contactId === id)
        .map(([lookup]) => lookup)
        .sort()
        .join(),
    );
    const opened = [...this.leads.values()]
      .map(({ id, messages }) => `${messages} ${this.waiting.has(id)} ${this.answered.has(id)}`)
      .sort();
    const changes = [...this.changes].map(([id, kinds]) => `${id} ${[...kinds].sort().join()}`).sort();
    const receipts = [...this.receipts].sort(([a], [b]) => (a < b ? -1 : 1));
    const outcomes = [...this.outcomes].map(([id, { outcome, reason }]) => `${id} ${outcome} ${reason}`).sort();
    const trusts = [...this.holders].map(([lookup, [held]]) => `${lookup} ${held!.trust}`).sort();
    const counts = { messages: this.messages.size, suspicions: this.suspicions.size };
    return { people: people.sort(), trusts, opened, outcomes, changes, receipts, ...counts };
  }
}

const seenArb: fc.Arbitrary<SeenIdentity> = fc
  .record({
    kind: fc.constantFrom('phone', 'email'),
    n: fc.integer({ min: 1, max: 6 }),
    trust: fc.constantFrom('claimed', 'observed', 'attested', 'verified'),
  })
  .map(({ kind, n, trust }) => {
    const key = `${kind}${n}`;
    return { kind, key, display: key, lookup: key, value: key, trust };
  });
const eventArb = fc.record({
  seen: fc.array(seenArb, { maxLength: 3 }),
  eventKey: fc.option(
    fc.integer({ min: 1, max: 8 }).map((n) => `event${n}`),
    { freq: 3 },
  ),
  name: fc.option(fc.constantFrom('Anna', 'Boris'), { nil: undefined }),
  more: fc.oneof(
    { weight: 6, arbitrary: fc.constant({ direction: 'inbound' as const }) },
    { weight: 2, arbitrary: fc.constant({ direction: 'outbound' as const }) },
    { weight: 1, arbitrary: fc.constant({ direction: 'inbound' as const, quiet: 'away' }) },
    { weight: 1, arbitrary: fc.constant({ direction: 'inbound' as const, incomplete: true as const }) },
    { weight: 1, arbitrary: fc.constant({ direction: 'inbound' as const, revision: 'edit' as const }) },
    { weight: 1, arbitrary: fc.constant({ direction: 'inbound' as const, revision: 'completion' as const }) },
  ),
});
const newsArb: fc.Arbitrary<DecodedNews> = fc.oneof(
  fc
    .record({
      n: fc.integer({ min: 1, max: 8 }),
      state: fc.constantFrom(...(['sent', 'delivered', 'read', 'failed'] as const)),
    })
    .map(({ n, state }) => ({ news: { kind: 'receipt' as const, of: '', state }, of: `event${n}`, seen: [] })),
  fc
    .integer({ min: 1, max: 8 })
    .map((n) => ({ news: { kind: 'deletion' as const, of: '', at: new Date(NOON) }, of: `event${n}`, seen: [] })),
  fc
    .array(seenArb, { minLength: 2, maxLength: 2 })
    .map((seen) => ({ news: { kind: 'acquaintance' as const, identities: [] }, of: null, seen })),
);
const RANKS = { sent: 10, failed: 15, delivered: 20, read: 30 } as const;
type Drawn =
  | { ignored: string }
  | { quarantined: string }
  | { events: (typeof eventArb extends fc.Arbitrary<infer T> ? T : never)[]; news: DecodedNews[] };
const drawnArb: fc.Arbitrary<Drawn> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ events: fc.array(eventArb, { maxLength: 3 }), news: fc.array(newsArb, { maxLength: 2 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ ignored: 'ping' }) },
  { weight: 1, arbitrary: fc.constant({ quarantined: 'malformed' }) },
);
const drawnList = fc.array(drawnArb, { minLength: 1, maxLength: 25 });

function toItem(drawn: Drawn, index: number, was: Item['was'] = null): Item {
  const deliveryId = `d${index}`;
  const verdict: Verdict =
    'events' in drawn
      ? {
          events: drawn.events.map(
            ({ seen, eventKey, name, more }, at): DecodedEvent => ({
              messageId: `${deliveryId}.${at}`,
              eventKey,
              seen,
              event: {
                kind: 'form',
                ...more,
                sender: { identities: [], ...(name === undefined ? {} : { name }) },
              },
            }),
          ),
          news: drawn.news,
        }
      : drawn;
  return { deliveryId, endpoint, receivedAtMs: NOON + index, verdict, was, forgiven: was !== null };
}

/** Runs the deliveries in order, cut where `cuts` says. */
function run(base: Base, items: readonly Item[], cuts: readonly number[]): Base {
  let from = 0;
  for (const to of [...new Set([...cuts.map((cut) => cut % items.length), items.length])].sort((a, b) => a - b)) {
    if (to > from) base.write(decide(items.slice(from, to), base.known(), desk, NOON));
    from = Math.max(from, to);
  }
  return base;
}

test('any cut into batches gives the same people, leads, messages and outcomes', () => {
  fc.assert(
    fc.property(drawnList, fc.array(fc.nat(), { maxLength: 10 }), (drawn, cuts) => {
      const items = drawn.map((one, index) => toItem(one, index));
      expect(run(new Base(), items, cuts).summary()).toEqual(run(new Base(), items, []).summary());
    }),
    { numRuns: 500 },
  );
});

test('each delivery has exactly one outcome, complete and allowed by the base', () => {
  fc.assert(
    fc.property(drawnList, (drawn) => {
      const items = drawn.map((one, index) => toItem(one, index));
      const plan = decide(items, new Base().known(), desk, NOON);
      expect(plan.outcomes.map((one) => one.item)).toEqual(items);
      for (const { outcome, reason, contactId, leadId } of plan.outcomes) {
        const settled = outcome === 'opened' || outcome === 'attached';
        expect([contactId !== null, leadId !== null, reason !== null]).toEqual([settled, settled, !settled]);
      }
      expect(plan.leads.reduce((sum, lead) => sum + lead.messages, 0)).toBe(plan.messages.length);
      expect(plan.leadEvents).toHaveLength(plan.messages.length);
    }),
  );
});

test('an identity, once held, stays where it is: nothing from outside makes two people one or lowers a trust', () => {
  fc.assert(
    fc.property(drawnList, drawnList, (first, then) => {
      const base = run(
        new Base(),
        first.map((one, index) => toItem(one, index)),
        [],
      );
      const before = structuredClone(base.holders);
      const contacts = base.contacts.size;
      run(
        base,
        then.map((one, index) => toItem(one, 1000 + index)),
        [],
      );
      for (const [lookup, [held]] of before) {
        const [now] = base.holders.get(lookup)!;
        expect(now).toEqual({ ...held, trust: Math.max(held!.trust, now!.trust) });
      }
      expect(base.contacts.size).toBeGreaterThanOrEqual(contacts);
    }),
  );
});

/** Without what waits for something else to be there: at a replay it may find it. */
const withoutWaiting = (drawn: Drawn): Drawn =>
  'events' in drawn ? { events: drawn.events.filter(({ more }) => !('quiet' in more)), news: [] } : drawn;

test('a replay of all messages, in any order, changes nothing', () => {
  fc.assert(
    fc.property(drawnList, fc.array(fc.nat(), { maxLength: 5 }), fc.boolean(), (all, cuts, backwards) => {
      const drawn = all.map(withoutWaiting);
      const items = drawn.map((one, index) => toItem(one, index));
      const base = run(new Base(), items, cuts);
      const before = base.summary();
      const outcomes = new Map(base.outcomes);
      const again = drawn.map((one, index) => {
        const { outcome, contactId, leadId } = base.outcomes.get(`d${index}`)!;
        return toItem(one, index, { outcome, contactId, leadId });
      });
      run(base, backwards ? again.toReversed() : again, cuts);
      expect(base.summary()).toEqual(before);
      for (const [id, { outcome, leadId }] of outcomes)
        expect(base.outcomes.get(id)).toMatchObject({ outcome, leadId });
    }),
    { numRuns: 500 },
  );
});

test('replays of everything come to an end: from then on nothing changes', () => {
  fc.assert(
    fc.property(drawnList, fc.array(fc.nat(), { maxLength: 5 }), (drawn, cuts) => {
      const base = run(
        new Base(),
        drawn.map((one, index) => toItem(one, index)),
        cuts,
      );
      const again = (): unknown => {
        const items = drawn.map((one, index) => {
          const { outcome, contactId, leadId } = base.outcomes.get(`d${index}`)!;
          return toItem(one, index, { outcome, contactId, leadId });
        });
        const { outcomes: _, ...summary } = run(base, items, cuts).summary() as { outcomes: unknown };
        return summary;
      };
      // Each round that adds something settles at least one delivery for good.
      for (let round = 0; round <= drawn.length; round += 1) again();
      expect(again()).toEqual(again());
    }),
  );
});

test('a replay under another parser never takes a lead or a message away', () => {
  fc.assert(
    fc.property(drawnList, drawnList, (drawn, other) => {
      const base = run(
        new Base(),
        drawn.map((one, index) => toItem(one, index)),
        [],
      );
      const [outcomes, messages] = [new Map(base.outcomes), base.messages.size];
      const again = drawn.map((_, index) => {
        const { outcome, contactId, leadId } = outcomes.get(`d${index}`)!;
        return toItem(other[index % other.length]!, index, { outcome, contactId, leadId });
      });
      run(base, again, []);
      expect(base.messages.size).toBeGreaterThanOrEqual(messages);
      for (const [id, { outcome, leadId }] of outcomes)
        if (leadId !== null) expect(base.outcomes.get(id)).toMatchObject({ outcome, leadId, reason: null });
    }),
  );
});
