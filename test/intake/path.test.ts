import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readIdentityValue } from '../../src/contacts/identity-value.ts';
import { contactPlace } from '../../src/intake/places.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { unsealText } from '../../src/vault/seal.ts';
import { type House, openHouse, post } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

async function outcomeOf(delivery: string) {
  const rows = await house.sql<{ outcome: string; reason: string | null; contact_id: string; lead_id: string }[]>`
    select outcome, reason, contact_id, lead_id from outcomes where delivery_id = ${delivery}`;
  return rows[0];
}

async function send(body: unknown, repeatKey?: string) {
  const accepted = await house.acceptor.accept(house.endpoint, post(body), repeatKey);
  await drainPending(house.deps);
  return { ...accepted, outcome: await outcomeOf(accepted.delivery) };
}

describe('a posted form', () => {
  test('becomes one lead at new_request with its history, message, contact and identities', async () => {
    const sent = await send({ name: 'Анна Миронова', phone: '8 (999) 111-22-33', message: 'Хочу заказать' });
    expect(sent).toMatchObject({ duplicate: false, outcome: { outcome: 'opened', reason: null } });
    const { contact_id: contact, lead_id: lead } = sent.outcome!;
    const [row] = await house.sql`
      select l.stage, l.repeat, l.messages, l.owner_id, q.is_default, k.wrapped, c.name, m.body, m.id as message_id,
        (select json_agg(json_build_object('kind', e.kind, 'data', e.data))
          from lead_events e where e.lead_id = l.id) as history
      from leads l join queues q on q.id = l.queue_id join contacts c on c.id = l.contact_id
      join contact_keys k on k.contact_id = c.id join messages m on m.lead_id = l.id
      where l.id = ${lead}`;
    expect(row).toMatchObject({ stage: 'new_request', repeat: false, messages: 1, owner_id: null, is_default: true });
    expect(row!.history).toEqual([
      { kind: 'opened', data: expect.objectContaining({ link: 'new-person', delivery: sent.delivery }) },
    ]);
    const key = house.vault.openKey('contact', contact, row!.wrapped);
    expect(unsealText(key, contactPlace('contacts', 'name', contact, contact), row!.name)).toBe('Анна Миронова');
    const body = JSON.parse(unsealText(key, contactPlace('messages', 'body', row!.message_id, contact), row!.body));
    expect(body.text).toBe('Хочу заказать');
    const [identity] =
      await house.sql`select lookup, value, trust, kind from identities where contact_id = ${contact}`;
    expect(identity).toMatchObject({ kind: 'phone', trust: 0 });
    const value = unsealText(key, contactPlace('identities', 'value', identity!.lookup, contact), identity!.value);
    expect(readIdentityValue(value)).toEqual({ display: '+79991112233', original: '8 (999) 111-22-33' });
  });

  test('of a known phone, written another way, is attached to the open lead', async () => {
    const first = await send({ name: 'Пётр', phone: '+7 999 222-33-44' });
    const again = await send({ name: 'Someone else', phone: '8 999 222 33 44', email: 'petr@example.com' });
    expect(again.outcome).toMatchObject({ outcome: 'attached', lead_id: first.outcome!.lead_id });
    const [lead] = await house.sql`select messages from leads where id = ${first.outcome!.lead_id}`;
    expect(lead!.messages).toBe(2);
    // ... and what the second message claimed now leads here too, while the name stays.
    const third = await send({ email: 'PETR@example.com', message: 'hello' });
    expect(third.outcome).toMatchObject({ outcome: 'attached', contact_id: first.outcome!.contact_id });
    const names = await house.sql`select name from contacts where id = ${first.outcome!.contact_id}`;
    const [keyRow] = await house.sql`select wrapped from contact_keys where contact_id = ${first.outcome!.contact_id}`;
    const key = house.vault.openKey('contact', first.outcome!.contact_id, keyRow!.wrapped);
    const contact = first.outcome!.contact_id;
    expect(unsealText(key, contactPlace('contacts', 'name', contact, contact), names[0]!.name)).toBe('Пётр');
  });

  test('two people in one batch stay two; the same person in one batch is one', async () => {
    const bodies = [
      { phone: '+7 999 300-00-01' },
      { phone: '+7 999 300-00-02' },
      { phone: '8 999 300 00 01', message: 'again' },
    ];
    const accepted = await Promise.all(bodies.map((body) => house.acceptor.accept(house.endpoint, post(body))));
    await drainPending(house.deps);
    const outcomes = await Promise.all(accepted.map((one) => outcomeOf(one.delivery)));
    expect(outcomes.map((one) => one!.outcome)).toEqual(['opened', 'opened', 'attached']);
    expect(outcomes[0]!.lead_id).toBe(outcomes[2]!.lead_id);
    expect(outcomes[0]!.contact_id).not.toBe(outcomes[1]!.contact_id);
  });

  test('that points at two contacts goes to one and raises a suspicion; nobody is merged', async () => {
    const a = await send({ phone: '+7 999 400-00-01' });
    const b = await send({ email: 'two@example.com' });
    const both = await send({ phone: '+7 999 400-00-01', email: 'two@example.com' });
    expect(both.outcome).toMatchObject({ outcome: 'attached', contact_id: a.outcome!.contact_id });
    const pair = [a.outcome!.contact_id, b.outcome!.contact_id].sort();
    const rows = await house.sql`select contact_id, other_id from duplicate_suspicions where contact_id = ${pair[0]!}`;
    expect(rows).toEqual([{ contact_id: pair[0], other_id: pair[1] }]);
    const merged = await house.sql`select from contacts where merged_into is not null`;
    expect(merged).toHaveLength(0);
  });

  test('gives a closed request a new lead, marked repeat', async () => {
    const first = await send({ phone: '+7 999 500-00-01' });
    await house.sql`update leads set stage = 'won', closed_at = now() where id = ${first.outcome!.lead_id}`;
    const next = await send({ phone: '+7 999 500-00-01' });
    expect(next.outcome).toMatchObject({ outcome: 'opened', contact_id: first.outcome!.contact_id });
    const [lead] = await house.sql`select repeat from leads where id = ${next.outcome!.lead_id}`;
    expect(lead!.repeat).toBe(true);
  });
});

describe('repeats', () => {
  test('the same key gives the same delivery and changes nothing', async () => {
    const first = await send({ phone: '+7 999 600-00-01' }, 'idem:one');
    const again = await send({ phone: '+7 999 600-00-01' }, 'idem:one');
    expect(again).toMatchObject({ delivery: first.delivery, duplicate: true });
    const [lead] = await house.sql`select messages from leads where id = ${first.outcome!.lead_id}`;
    expect(lead!.messages).toBe(1);
  });

  test('a hundred at once are one', async () => {
    const request = post({ phone: '+7 999 600-00-02' });
    const all = await Promise.all(
      Array.from({ length: 100 }, () => house.acceptor.accept(house.endpoint, request, 'idem:storm')),
    );
    expect(new Set(all.map((one) => one.delivery)).size).toBe(1);
    expect(all.filter((one) => !one.duplicate)).toHaveLength(1);
  });

  test('the same key with another content is kept aside, once', async () => {
    await send({ phone: '+7 999 600-00-03' }, 'idem:two');
    const other = await send({ phone: '+7 999 600-00-04' }, 'idem:two');
    const otherAgain = await send({ phone: '+7 999 600-00-04' }, 'idem:two');
    expect(other.outcome).toMatchObject({ outcome: 'quarantined', reason: 'key-reused' });
    expect(otherAgain).toMatchObject({ delivery: other.delivery, duplicate: true });
  });

  test('one key on two endpoints is two deliveries', async () => {
    const second = await house.open();
    const here = await house.acceptor.accept(house.endpoint, post({ phone: '+7 999 600-00-05' }), 'idem:three');
    const there = await house.acceptor.accept(second, post({ phone: '+7 999 600-00-06' }), 'idem:three');
    expect(there.delivery).not.toBe(here.delivery);
    expect(there.duplicate).toBe(false);
  });
});
