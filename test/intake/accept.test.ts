import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { createAcceptor } from '../../src/intake/accept.ts';
import { rawPlace } from '../../src/intake/places.ts';
import { unpackRequest } from '../../src/intake/raw.ts';
import { openDeliveryKey } from '../../src/intake/read-delivery.ts';
import { unseal } from '../../src/vault/seal.ts';
import { type House, openHouse, post } from './house.ts';

let house: House;
let admin: Sql;
beforeAll(async () => {
  house = await openHouse();
  admin = openDatabase(house.url, { max: 2, applicationName: 'admin' });
});
afterAll(async () => {
  await admin.end();
  await house.close();
});

const at = (more: { sql?: Sql; timeoutMs?: number } = {}) => {
  const batches: number[] = [];
  const errors: unknown[] = [];
  const acceptor = createAcceptor({
    sql: house.sql,
    vault: house.vault,
    clock: house.clock,
    onCommitted: (count) => void batches.push(count),
    onError: (error) => void errors.push(error),
    ...more,
  });
  return { acceptor, batches, errors };
};
const refusal = { name: 'Rejected', status: 503, retryAfterSeconds: 2 };
const stored = async () => (await house.sql<{ n: number }[]>`select count(*)::int as n from deliveries`)[0]!.n;

/** Nobody may write a delivery until the answer is called. */
async function holdTable(): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const holding = admin.begin(async (tx) => {
    await tx`lock table deliveries in share mode`;
    held.resolve();
    await open.promise;
  });
  await held.promise;
  return async () => {
    open.resolve();
    await holding;
  };
}

describe('accept', () => {
  test('keeps the bytes as they came, sealed, before it answers', async () => {
    const body = Buffer.from([0, 255, 128, 10, ...Buffer.from('Анна +79991112233')]);
    const headers = { 'content-type': 'x', cookie: 'inlet_session=secret', authorization: 'Bearer secret' };
    const { delivery } = await house.acceptor.accept(house.endpoint, { ...post(''), body, headers });
    const [row] = await house.sql<{ raw: Buffer; key_wrap: Buffer }[]>`
      select d.raw, p.key_wrap from deliveries d join pending p on p.delivery_id = d.id where d.id = ${delivery}`;
    expect(row!.raw.includes('79991112233')).toBe(false);
    const part = { delivery_id: delivery, contact_id: null, contact_key: null, key_wrap: row!.key_wrap };
    const key = openDeliveryKey(house.vault, house.endpoint, part);
    const request = unpackRequest(unseal(key, rawPlace(delivery), row!.raw));
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(hash(request.body)).toBe(hash(body));
    expect(request.headers).toEqual({ 'content-type': 'x' });
  });

  test('commits those who come together in one statement, and those who come meanwhile in the next', async () => {
    const { acceptor, batches } = at();
    const many = (n: number) => Array.from({ length: n }, () => acceptor.accept(house.endpoint, post({})));
    const first = many(50);
    const open = await holdTable();
    const second = many(60);
    await open();
    await Promise.all([...first, ...second]);
    expect(batches).toEqual([50, 60]);
    await Promise.all(many(401));
    expect(batches.slice(2)).toEqual([400, 1]);
  });

  test('mixes requests with and without a key, new and repeated, in one batch', async () => {
    const { acceptor, batches } = at();
    const { delivery } = await acceptor.accept(house.endpoint, post({ a: 1 }), 'mix');
    const answers = await Promise.all([
      acceptor.accept(house.endpoint, post({ a: 1 }), 'mix'),
      acceptor.accept(house.endpoint, post({ a: 1 })),
      acceptor.accept(house.endpoint, post({ a: 1 }), 'mix2'),
      acceptor.accept(house.endpoint, post({ a: 1 }), 'mix2'),
      acceptor.accept(house.endpoint, post({ a: 2 }), 'mix'),
    ]);
    expect(answers.map((one) => one.duplicate)).toEqual([true, false, false, true, false]);
    expect(answers[0]!.delivery).toBe(delivery);
    expect(answers[3]!.delivery).toBe(answers[2]!.delivery);
    expect(await house.outcomeOf(answers[4]!.delivery)).toMatchObject({
      outcome: 'quarantined',
      reason: 'key-reused',
    });
    expect(batches).toEqual([1, 2]);
  });

  test('a storm of the same keys over two replicas gives one delivery a key, and every answer names it', async () => {
    const replica = await house.replica();
    const keys = Array.from({ length: 20 }, (_, n) => `storm${n}`);
    const before = await stored();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, turn) =>
        (turn % 3 === 0 ? keys.toReversed() : keys).map(async (key) => {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
          const { acceptor } = turn % 2 === 0 ? house : replica;
          return { key, ...(await acceptor.accept(house.endpoint, post({ key }), key)) };
        }),
      ).flat(),
    );
    expect((await stored()) - before).toBe(20);
    for (const key of keys) {
      const mine = answers.filter((one) => one.key === key);
      expect(new Set(mine.map((one) => one.delivery)).size).toBe(1);
      expect(mine.filter((one) => !one.duplicate)).toHaveLength(1);
    }
  });
});

describe('what could not be committed', () => {
  test('is answered 503 when there is no database', async () => {
    const sql = openDatabase('postgres://nobody:x@127.0.0.1:1/x', { max: 1, applicationName: 'x' });
    const { acceptor, errors } = at({ sql });
    const all = await Promise.allSettled([1, 2, 3].map((n) => acceptor.accept(house.endpoint, post({ n }))));
    for (const one of all) expect(one).toMatchObject({ status: 'rejected', reason: refusal });
    expect(errors.length).toBeGreaterThan(0);
    await sql.end({ timeout: 1 });
  });

  test('is answered 503 when its connections are cut in the middle, and the next one works', async () => {
    const { acceptor } = at();
    const open = await holdTable();
    const answer = acceptor.accept(house.endpoint, post({}), 'cut');
    const refused = expect(answer).rejects.toMatchObject(refusal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const cut = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like '%insert into deliveries%' and pid <> pg_backend_pid()`;
    expect(cut.length).toBeGreaterThan(0);
    await refused;
    await open();
    expect(await acceptor.accept(house.endpoint, post({}), 'cut')).toMatchObject({ duplicate: false });
  });

  test.each(['53100', '40P01', '25006', '57014'])('is answered 503 whatever the database says (%s)', async (code) => {
    const fails = () => Promise.reject(Object.assign(new Error('+79991112233'), { code }));
    const { acceptor, errors, batches } = at({ sql: fails as unknown as Sql });
    const error: unknown = await acceptor.accept(house.endpoint, post({})).catch((cause: unknown) => cause);
    expect(error).toMatchObject(refusal);
    expect(String(error)).not.toContain('7999');
    expect([errors.length, batches]).toEqual([1, []]);
  });

  test('is answered 503 in time, and who was told so before his turn came is not stored', async () => {
    const { acceptor } = at({ timeoutMs: 150 });
    const before = await stored();
    const open = await holdTable();
    const flying = acceptor.accept(house.endpoint, post({ n: 1 }), 'slow');
    const refusedFlying = expect(flying).rejects.toMatchObject(refusal);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const queued = acceptor.accept(house.endpoint, post({ n: 2 }));
    await expect(queued).rejects.toMatchObject(refusal);
    await refusedFlying;
    await open();
    await acceptor.drain();
    // The one in flight may have been stored: with its key, asking again is harmless.
    expect((await stored()) - before).toBe(1);
    expect(await acceptor.accept(house.endpoint, post({ n: 1 }), 'slow')).toMatchObject({ duplicate: true });
  });

  test('is refused at once when too much is waiting already', async () => {
    const never = (() => new Promise(() => undefined)) as unknown as Sql;
    const { acceptor } = at({ sql: never, timeoutMs: 60_000 });
    const request = post('x'.repeat(8 << 20));
    const waiting = Array.from({ length: 18 }, () => {
      const answer = acceptor.accept(house.endpoint, request);
      answer.catch(() => undefined);
      return Promise.race([answer.then(String, (error: Error) => error.message), later(300)]);
    });
    const states = await Promise.all(waiting);
    expect(states.slice(0, 16)).toEqual(Array(16).fill('still waiting'));
    expect(states.at(-1)).toContain('could not be stored');
  });
});

const later = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve('still waiting'), ms));

test('drain waits for all that was handed in, also while it waits', async () => {
  const { acceptor, batches } = at();
  await acceptor.drain();
  const open = await holdTable();
  void acceptor.accept(house.endpoint, post({}));
  await new Promise((resolve) => setTimeout(resolve, 30));
  void acceptor.accept(house.endpoint, post({}));
  const drained = acceptor.drain();
  await open();
  await drained;
  expect(batches).toEqual([1, 1]);
});
