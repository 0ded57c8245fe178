import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conditions, Desk, Queue, Rule } from '../../src/routing/desk.ts';
import { match, type RouteFacts, route } from '../../src/routing/route.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const queue = (id: string, more: Partial<Queue> = {}): Queue => ({
  id,
  name: id,
  isDefault: false,
  strategy: 'by_hand',
  hours: null,
  offerSeconds: 60,
  ownerFirstSeconds: 600,
  seniorAfterSeconds: null,
  headAfterSeconds: null,
  responseSeconds: 900,
  ...more,
});
const rule = (id: string, conditions: Conditions, queueId: string, priority = 0): Rule => ({
  id,
  name: `rule ${id}`,
  conditions,
  queueId,
  priority,
});
const desk = (queues: readonly Queue[], rules: readonly Rule[], more: Partial<Desk> = {}): Desk => ({
  version: 1,
  queues: new Map(queues.map((one) => [one.id, one])),
  defaultQueueId: 'sales',
  rules,
  people: new Map([
    ['anna', { id: 'anna', name: 'Anna', role: 'manager' }],
    ['audit', { id: 'audit', name: 'Audit', role: 'auditor' }],
  ]),
  ...more,
});
const facts = (more: Partial<RouteFacts> = {}): RouteFacts => ({
  channel: 'form',
  endpointId: 'e1',
  source: undefined,
  language: undefined,
  repeat: false,
  contactOwnerId: undefined,
  ...more,
});
const SALES = queue('sales', { isDefault: true });

describe('route', () => {
  it('takes the first rule that holds, and says why', () => {
    const rules = [
      rule('1', { utm: { source: ['vk'] } }, 'vk', 1),
      rule('2', { channels: ['form'], languages: ['RU'] }, 'ru'),
      rule('3', {}, 'rest', -1),
    ];
    const house = desk([SALES, queue('vk'), queue('ru'), queue('rest')], rules);
    const vk = route(house, facts({ source: { utm: { source: 'VK' } }, language: 'ru' }), NOON);
    expect(vk).toMatchObject({ queue: { id: 'vk' }, priority: 1 });
    expect(vk.because).toEqual({ rule: 'rule 1', ruleId: '1', matched: ['utm_source'], ownerFirst: false });
    const ru = route(house, facts({ language: 'ru' }), NOON);
    expect(ru.because).toMatchObject({ ruleId: '2', matched: ['channel', 'language'] });
    expect(route(house, facts(), NOON)).toMatchObject({ queue: { id: 'rest' }, priority: -1 });
  });

  it('falls back to the default queue, also past rules whose queue is gone', () => {
    const house = desk([SALES], [rule('1', {}, 'gone')]);
    expect(route(house, facts(), NOON)).toMatchObject({
      queue: { id: 'sales' },
      priority: 0,
      because: { rule: null, ruleId: null, matched: [] },
    });
  });

  it('asks the contact’s own manager first, if there is one and the queue wants it', () => {
    const known = facts({ repeat: true, contactOwnerId: 'anna' });
    expect(route(desk([SALES], []), known, NOON).offer).toEqual({ userId: 'anna', untilMs: NOON + 600_000 });
    for (const contactOwnerId of ['left', 'audit', undefined])
      expect(route(desk([SALES], []), { ...known, contactOwnerId }, NOON).offer).toBeUndefined();
    const hasty = desk([queue('sales', { ownerFirstSeconds: 0 })], []);
    expect(route(hasty, known, NOON)).toMatchObject({ offer: undefined, because: { ownerFirst: false } });
  });

  it('lets offers and escalations run in working hours only', () => {
    const hours = { timezone: 'UTC', week: { thu: [['09:00', '12:05']], fri: [['09:00', '18:00']] } } as const;
    const slow = queue('sales', { hours, seniorAfterSeconds: 300, headAfterSeconds: 900 });
    const way = route(desk([slow], []), facts({ contactOwnerId: 'anna' }), NOON);
    expect(way.seniorAtMs).toBe(NOON + 300_000);
    expect(way.headAtMs).toBe(Date.UTC(2026, 0, 16, 9, 10));
    expect(way.offer?.untilMs).toBe(Date.UTC(2026, 0, 16, 9, 5));
  });
});

describe('match', () => {
  const hours = { timezone: 'UTC', week: { thu: [['09:00', '18:00']] } } as const;
  it.each<[string, Conditions, Partial<RouteFacts>, string[] | undefined]>([
    ['nothing asked', {}, {}, []],
    ['an empty list asks nothing', { channels: [] }, {}, []],
    ['page', { pages: ['/Sale'] }, { source: { page: 'https://x.test/sale/1' } }, ['page']],
    ['no page', { pages: ['/sale'] }, {}, undefined],
    ['endpoint', { endpoints: ['e0', 'e1'] }, {}, ['endpoint']],
    ['repeat', { contact: 'repeat' }, { repeat: true }, ['repeat contact']],
    ['not new', { contact: 'new' }, { repeat: true }, undefined],
    ['open', { hours: 'open' }, {}, ['working hours']],
    ['not closed', { hours: 'closed' }, {}, undefined],
    ['one of two fails', { channels: ['form'], languages: ['de'] }, { language: 'en' }, undefined],
  ])('%s', (_, conditions, more, held) => {
    expect(match(conditions, facts(more), queue('q', { hours }), NOON)).toEqual(held);
  });

  it('needs every condition: one more never makes a rule hold that did not', () => {
    const some = fc.record(
      {
        channels: fc.subarray(['form', 'mail']),
        languages: fc.subarray(['ru', 'en']),
        contact: fc.constantFrom('new' as const, 'repeat' as const),
        hours: fc.constantFrom('open' as const, 'closed' as const),
        pages: fc.subarray(['/a', '/b']),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Conditions>;
    const about = fc.record({
      channel: fc.constantFrom('form', 'mail', 'bot'),
      language: fc.constantFrom('ru', 'en', undefined),
      repeat: fc.boolean(),
      source: fc.constantFrom({ page: 'https://x.test/a' }, undefined),
    });
    fc.assert(
      fc.property(some, some, about, (one, two, who) => {
        const ask = (conditions: Conditions) => match(conditions, facts(who), queue('q', { hours }), NOON);
        if (ask({ ...one, ...two }) !== undefined) expect(ask(two)).toBeDefined();
        expect(ask(one)).toEqual(ask(one));
      }),
    );
  });
});
