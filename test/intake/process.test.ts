import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { MAX_ATTEMPTS, processBatch } from '../../src/intake/process.ts';
import { drainPending, processNext, recoverClaims, startProcessor } from '../../src/intake/processor.ts';
import { silentLog } from '../../src/log.ts';
import { type House, openHouse, post } from './house.ts';
import { openProbe, type Said } from './probe.ts';

const probe = openProbe();
let house: House;
let endpoint: House['endpoint'];
beforeAll(async () => {
  house = await openHouse([probe.channel]);
  endpoint = await house.open({}, 'probe');
});
afterAll(() => house.close());

let phones = 0;
function newPhone(): string {
  phones += 1;
  return `+7999${String(phones).padStart(7, '0')}`;
}
async function accept(...bodies: (Said | string)[]): Promise<string[]> {
  const accepted = await Promise.all(bodies.map((body) => house.acceptor.accept(endpoint, post(body))));
  return accepted.map((one) => one.delivery);
}
async function outcomesOf(ids: readonly string[]) {
  return Promise.all(ids.map(async (id) => (await house.outcomeOf(id))?.outcome));
}
const attemptsOf = async (id: string) =>
  (
    await house.sql<{ attempts: number; wait: number | null }[]>`
      select attempts, extract(epoch from not_before - now())::float8 as wait from pending where delivery_id = ${id}`
  )[0];

describe('a poison message', () => {
  test('that trips over a bug is set aside by itself, waits longer each time, and ends in quarantine', async () => {
    const [before, poison, after] = await accept(
      { phone: newPhone() },
      { bug: '+7 999 123-45-67 of anna@example.com' },
      { phone: newPhone() },
    );
    await processNext(house.deps);
    expect(await outcomesOf([before!, poison!, after!])).toEqual(['opened', undefined, 'opened']);
    for (const [index, seconds] of [1, 5, 30, 120].entries()) {
      const row = await attemptsOf(poison!);
      expect(row!.attempts).toBe(index + 1);
      expect(row!.wait).toBeGreaterThan(seconds - 1);
      expect(row!.wait).toBeLessThan(seconds + 0.5);
      expect(await processNext(house.deps)).toBe(0); // not before its time
      await house.due();
      expect(await processNext(house.deps)).toBe(1);
    }
    const row = await house.outcomeOf(poison!);
    expect(row).toMatchObject({ outcome: 'quarantined', attempts: MAX_ATTEMPTS });
    expect(row!.reason).toMatch(/^error: RedactedError: cannot read .+ <- RedactedError: inner /);
    expect(row!.reason).not.toMatch(/123|anna/);
  });

  test('that is no JSON where the parser expects it says nothing of its content', async () => {
    const [id] = await accept('Пётр Петров, улица Мира');
    for (let turn = 0; turn < MAX_ATTEMPTS; turn += 1) {
      await processNext(house.deps);
      await house.due();
    }
    const row = await house.outcomeOf(id!);
    expect(row).toMatchObject({ outcome: 'quarantined' });
    expect(row!.reason).not.toMatch(/Петр|Пётр|Мира/);
  });

  test('whose parser never ends is given up, and the others of its batch become leads', async () => {
    const { parse } = probe;
    probe.parse = (said) => (said.text === 'for ever' ? new Promise(() => undefined) : parse(said));
    const [good, bad] = await accept({ phone: newPhone() }, { phone: newPhone(), text: 'for ever' });
    await processNext({ ...house.deps, parseLimitMs: 50 });
    probe.parse = parse;
    expect(await outcomesOf([good!])).toEqual(['opened']);
    expect(await attemptsOf(bad!)).toMatchObject({ attempts: 1 });
    await house.due();
    await drainPending(house.deps);
    expect(await outcomesOf([bad!])).toEqual(['opened']);
  });

  test('that is malformed is quarantined at once, with the reason of the channel', async () => {
    const [good, bad] = await accept({ phone: newPhone() }, { malformed: 'there is no phone in it' });
    await processNext(house.deps);
    expect(await outcomesOf([good!])).toEqual(['opened']);
    expect(await house.outcomeOf(bad!)).toMatchObject({ outcome: 'quarantined', reason: 'there is no phone in it' });
  });

  test('that the database refuses is found by halving: all others become leads', async () => {
    const said: Said[] = Array.from({ length: 21 }, () => ({ phone: newPhone() }));
    said[13] = { phone: newPhone(), refused: true };
    const ids = await accept(...said);
    const halved: number[] = [];
    const log = {
      ...silentLog,
      warn: (_: string, fields?: object) => void halved.push((fields as { deliveries: number }).deliveries),
    };
    await processBatch({ ...house.deps, log }, ids);
    const outcomes = await outcomesOf(ids);
    expect(outcomes.filter((one) => one === 'opened')).toHaveLength(20);
    expect(outcomes[13]).toBeUndefined();
    expect(await attemptsOf(ids[13]!)).toMatchObject({ attempts: 1 });
    expect(halved[0]).toBe(21);
    expect(halved.at(-1)).toBeLessThanOrEqual(3);
    // Nothing half-written stays of it: no contact without a lead.
    const orphans = await house.sql`
      select from contacts c where not exists (select from leads l where l.contact_id = c.id)`;
    expect(orphans).toHaveLength(0);
    for (let turn = 1; turn < MAX_ATTEMPTS; turn += 1) {
      await house.due();
      await drainPending(house.deps);
    }
    const row = await house.outcomeOf(ids[13]!);
    expect(row).toMatchObject({ outcome: 'quarantined', attempts: MAX_ATTEMPTS });
    expect(row!.reason).toContain('messages_kind_check');
    expect(row!.reason).not.toContain('999');
  });

  test('NUL and lone surrogates in every text are no poison', async () => {
    const dirty = 'a\0b\ud800c"\\{},null';
    const [id] = await accept({ phone: newPhone(), text: dirty, eventId: dirty });
    await processNext(house.deps);
    expect(await outcomesOf([id!])).toEqual(['opened']);
  });
});

describe('what failed before', () => {
  test('is tried by itself, and does not wait until nothing new comes any more', async () => {
    const [old] = await accept({ phone: newPhone() });
    await house.sql`update pending set attempts = 1, not_before = now() where delivery_id = ${old!}`;
    const fresh = await accept({ phone: newPhone() }, { phone: newPhone() });
    expect(await processNext(house.deps)).toBe(2);
    expect(await outcomesOf([old!, ...fresh])).toEqual([undefined, 'opened', 'opened']);
    await accept({ phone: newPhone() });
    expect(await processNext(house.deps, true)).toBe(1);
    expect(await outcomesOf([old!])).toEqual(['opened']);
    await drainPending(house.deps);
  });

  test('is reached by the running loop although something new comes with every turn', async () => {
    const [old] = await accept({ phone: newPhone() });
    await house.sql`update pending set attempts = 1, not_before = now() where delivery_id = ${old!}`;
    await accept({ phone: newPhone() });
    let turns = 0;
    const onProcessed = (): void => {
      turns += 1;
    };
    // Each look at the clock is a turn of the loop: something new is there again before the next pick.
    const parse = probe.parse;
    probe.parse = async (said) => {
      if (turns < 20) await accept({ phone: newPhone() });
      return parse(said);
    };
    const processor = startProcessor({ ...house.deps, onProcessed });
    for (let wait = 0; wait < 100 && (await house.outcomeOf(old!)) === undefined; wait += 1) await pause(20);
    probe.parse = parse;
    const seen = turns;
    await processor.stop();
    expect(await outcomesOf([old!])).toEqual(['opened']);
    expect(seen).toBeLessThan(20);
    await drainPending(house.deps);
  });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function leaveNote(ids: readonly string[], ageSeconds: number): Promise<string> {
  const id = newId();
  await house.sql`
    insert into batch_claims (id, claimed_at, delivery_ids)
    values (${id}, now() - make_interval(secs => ${ageSeconds}), ${JSON.stringify(ids)}::text::jsonb)`;
  return id;
}
const notes = async () => (await house.sql`select from batch_claims`).length;

describe('a process that died', () => {
  test('is noticed after a minute; its deliveries are counted, then processed one by one', async () => {
    const ids = await accept({ phone: newPhone() }, { phone: newPhone() });
    await leaveNote(ids, 30);
    expect(await recoverClaims(house.deps)).toBe(0);
    await house.sql`delete from batch_claims`;
    await leaveNote(ids, 61);
    expect(await recoverClaims(house.deps)).toBe(2);
    expect(await attemptsOf(ids[0]!)).toMatchObject({ attempts: 1 });
    expect(await notes()).toBe(0);
    expect(await recoverClaims(house.deps)).toBe(0);
    expect(await processNext(house.deps)).toBe(1);
    expect(await processNext(house.deps)).toBe(1);
    expect(await outcomesOf(ids)).toEqual(['opened', 'opened']);
  });

  test('five times over the same delivery puts that into quarantine', async () => {
    const ids = await accept({ phone: newPhone() });
    for (let death = 1; death <= MAX_ATTEMPTS; death += 1) {
      expect(await house.outcomeOf(ids[0]!)).toBeUndefined();
      await leaveNote(ids, 61);
      await recoverClaims(house.deps);
    }
    expect(await house.outcomeOf(ids[0]!)).toMatchObject({
      outcome: 'quarantined',
      reason: 'the process died each time it worked on this delivery',
    });
  });

  test('what is done already is not counted, and no delivery twice for two notes', async () => {
    const [done] = await accept({ phone: newPhone() });
    await drainPending(house.deps);
    const [open] = await accept({ phone: newPhone() });
    await leaveNote([done!, open!], 61);
    await leaveNote([open!], 61);
    const replica = await house.replica();
    const counted = await Promise.all([recoverClaims(house.deps), recoverClaims(replica.deps)]);
    expect(counted[0]! + counted[1]!).toBe(1);
    expect(await attemptsOf(open!)).toMatchObject({ attempts: 1 });
    await drainPending(house.deps);
  });

  test('a batch that somebody is still working on is slow, not dead: nobody counts or waits', async () => {
    const ids = await accept({ phone: newPhone() }, { phone: newPhone() });
    await leaveNote(ids, 300);
    const locked = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const working = house.sql.begin(async (tx) => {
      await tx`select from pending where delivery_id = ${ids[0]!} for update`;
      locked.resolve();
      await finish.promise;
    });
    await locked.promise;
    const startedMs = performance.now();
    expect(await recoverClaims(house.deps)).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(await notes()).toBe(1);
    finish.resolve();
    await working;
    expect(await recoverClaims(house.deps)).toBe(2);
    await drainPending(house.deps);
  });

  test('a batch that failed for a passing reason leaves no note behind', async () => {
    const [id] = await accept({ phone: newPhone() });
    const deps = {
      ...house.deps,
      desk: { current: () => Promise.reject(Object.assign(new Error('x'), { code: '55P03' })) },
    };
    for (let turn = 0; turn < 3; turn += 1) await expect(processNext(deps)).rejects.toMatchObject({ code: '55P03' });
    expect(await notes()).toBe(0);
    expect(await attemptsOf(id!)).toMatchObject({ attempts: 0 });
    await drainPending(house.deps);
    expect(await outcomesOf([id!])).toEqual(['opened']);
  });
});

describe('two processors', () => {
  test('share the work, and nobody doubles', async () => {
    const replica = await house.replica();
    const people = Array.from({ length: 60 }, newPhone);
    const ids = await accept(...people.flatMap((phone) => [{ phone }, { phone }, { phone }]));
    const before = await house.census();
    const looks = [0, 0];
    await Promise.all(
      [house.deps, replica.deps].map(async (deps, index) => {
        // Both begin at the same end, so that they meet in every batch.
        for (let at = 0; at < ids.length; at += 15) looks[index]! += await processBatch(deps, ids.slice(at, at + 15));
      }),
    );
    expect(looks[0]! + looks[1]!).toBe(180);
    const after = await house.census();
    expect(after.contacts! - before.contacts!).toBe(60);
    expect(after.leads! - before.leads!).toBe(60);
    expect(after.messages! - before.messages!).toBe(180);
    expect(after.pending).toBe(0);
  });

  test('that meet one new person at the same moment make one contact and one open lead', async () => {
    const replica = await house.replica();
    for (let round = 0; round < 15; round += 1) {
      const phone = newPhone();
      const email = `race${round}@example.com`;
      const ids = await accept({ phone, email }, { phone, email }, { email, phone }, { email });
      const before = await house.census();
      await Promise.all(ids.map((id, index) => processBatch((index % 2 ? replica : house).deps, [id])));
      const after = await house.census();
      expect([after.contacts! - before.contacts!, after.leads! - before.leads!]).toEqual([1, 1]);
      expect((await outcomesOf(ids)).map(String).toSorted()).toEqual(['attached', 'attached', 'attached', 'opened']);
      const [lead] =
        await house.sql`select messages from leads where id = ${(await house.outcomeOf(ids[0]!))!.lead_id}`;
      expect(lead!.messages).toBe(4);
    }
  });

  test('one provider event in two deliveries at once is one message', async () => {
    const replica = await house.replica();
    const before = await house.census();
    const said = { phone: newPhone(), eventId: 'call-77' };
    const [one, two] = await accept(said, said);
    await Promise.all([processBatch(house.deps, [one!]), processBatch(replica.deps, [two!])]);
    expect((await house.census()).messages! - before.messages!).toBe(1);
    expect((await outcomesOf([one!, two!])).map(String).toSorted()).toEqual(['ignored', 'opened']);
  });
});

describe('overtaken between load and write', () => {
  /** Runs `work` after the base was loaded and before the plan is written. */
  const interrupted = (work: () => Promise<unknown>) => {
    let done = false;
    const current: House['deps']['desk']['current'] = async (tx, version) => {
      if (!done) {
        done = true;
        await work();
      }
      return house.deps.desk.current(tx, version);
    };
    return { ...house.deps, desk: { current } };
  };

  test('a lead that a manager closed meanwhile gets no message: there is a new lead', async () => {
    const phone = newPhone();
    const [first] = await accept({ phone });
    await drainPending(house.deps);
    const { lead_id: lead, contact_id: contact } = (await house.outcomeOf(first!))!;
    const [second] = await accept({ phone });
    const close = () => house.sql`update leads set stage = 'won', closed_at = now() where id = ${lead}`;
    await processBatch(interrupted(close), [second!]);
    const outcome = await house.outcomeOf(second!);
    expect(outcome).toMatchObject({ outcome: 'opened', contact_id: contact });
    expect(outcome!.lead_id).not.toBe(lead);
    const [closed] = await house.sql`select messages from leads where id = ${lead}`;
    expect(closed!.messages).toBe(1);
  });

  test('somebody else opened a lead for the same person meanwhile: the message joins it', async () => {
    const phone = newPhone();
    const [mine, other] = await accept({ phone }, { phone });
    await processBatch(
      interrupted(() => processBatch(house.deps, [other!])),
      [mine!],
    );
    const [a, b] = [await house.outcomeOf(mine!), await house.outcomeOf(other!)];
    expect([a!.outcome, b!.outcome]).toEqual(['attached', 'opened']);
    expect(a!.lead_id).toBe(b!.lead_id);
  });

  test('a contact that was merged into another brings its messages there', async () => {
    const [phone, email] = [newPhone(), 'merged@example.com'];
    const [first, second] = await accept({ phone }, { email });
    await drainPending(house.deps);
    const [kept, gone] = [await house.outcomeOf(first!), await house.outcomeOf(second!)];
    await house.sql`update leads set stage = 'lost', closed_at = now() where id = ${gone!.lead_id}`;
    await house.sql`update contacts set merged_into = ${kept!.contact_id} where id = ${gone!.contact_id}`;
    const [third] = await accept({ email });
    await drainPending(house.deps);
    expect(await house.outcomeOf(third!)).toMatchObject({
      outcome: 'attached',
      contact_id: kept!.contact_id,
      lead_id: kept!.lead_id,
    });
  });
});
