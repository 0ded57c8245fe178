import { afterAll, beforeAll, expect, it } from 'vitest';
import { ledger as ledgerShape, quarantinePage } from '../../src/http/shapes.ts';
import { newId } from '../../src/ids.ts';
import { type House, openHouse } from './house.ts';

let house: House;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  house = await openHouse();
  for (const role of ['admin', 'head', 'manager', 'auditor'] as const) tokens[role] = (await house.person(role)).token;
});
afterAll(() => house.close());

const id = newId();
it.each([
  ['GET', 'quarantine', undefined, { admin: 200, head: 200, auditor: 200, manager: 200 }],
  ['GET', `deliveries/${id}/content`, undefined, { admin: 404, head: 404, auditor: 403, manager: 404 }],
  ['POST', `quarantine/${id}/retry`, {}, { admin: 404, head: 404, auditor: 403, manager: 404 }],
  ['POST', `quarantine/${id}/edit`, { body: 'x' }, { admin: 404, head: 404, auditor: 403, manager: 404 }],
  ['POST', `quarantine/${id}/dismiss`, { reason: 'x' }, { admin: 404, head: 404, auditor: 403, manager: 404 }],
  ['POST', 'replay', { delivery: id }, { admin: 200, head: 200, auditor: 403, manager: 403 }],
  ['GET', 'ledger', undefined, { admin: 200, head: 200, auditor: 200, manager: 403 }],
] as const)('%s %s is for those who should', async (method, path, body, wanted) => {
  for (const [role, status] of Object.entries(wanted)) {
    const answer = await house.ask(method, path, { as: tokens[role], ...(body === undefined ? {} : { body }) });
    expect([role, answer.status]).toEqual([role, status]);
  }
});

it('answers in the documented shapes', async () => {
  const as = tokens.head;
  expect(quarantinePage.parse(await (await house.ask('GET', 'quarantine?limit=5', { as })).json()).total).toBe(0);
  expect(ledgerShape.parse(await (await house.ask('GET', 'ledger?since=7d', { as })).json())).toMatchObject({
    received: 0,
    balanced: true,
  });
  expect(await (await house.ask('POST', 'replay', { as, body: { delivery: id } })).json()).toEqual({ replayed: 0 });
  for (const query of ['since=yesterdayish', 'until=x', 'endpoint=1'])
    expect((await house.ask('GET', `ledger?${query}`, { as })).status).toBe(400);
});
