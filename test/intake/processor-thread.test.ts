import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import type { ThreadStart } from '../../src/processor-messages.ts';
import { runProcessorThread } from '../../src/run-processor-thread.ts';
import { type House, openHouse, post } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const given = (masterKeys = [house.master]): ThreadStart => ({
  url: house.url,
  masterKeys,
  publicUrl: 'http://inlet.example.com',
  logLevel: 'silent',
});

async function opened(delivery: string): Promise<void> {
  while ((await house.outcomeOf(delivery))?.outcome !== 'opened') await sleep(20);
}

test('makes leads of what the door accepts, and stops when it is told', async () => {
  let processed = 0;
  const thread = runProcessorThread({
    begin: given,
    onProcessed: (count) => {
      processed += count;
    },
    log: silentLog,
  });
  const { delivery } = await house.acceptor.accept(house.endpoint, post({ phone: '+7 999 700-00-01' }));
  thread.wake();
  await opened(delivery);
  await thread.stop();
  expect(processed).toBe(1);
  const later = await house.acceptor.accept(house.endpoint, post({ phone: '+7 999 700-00-02' }));
  await sleep(1500);
  expect(await house.outcomeOf(later.delivery)).toBeUndefined();
});

test('is started again when it dies', async () => {
  const died: string[] = [];
  let starts = 0;
  const thread = runProcessorThread({
    begin: () => {
      starts += 1;
      return starts === 1 ? given([randomBytes(32)]) : given(); // the first one cannot open the vault
    },
    onProcessed: () => undefined,
    log: { ...silentLog, error: (event) => void died.push(event) },
  });
  const { delivery } = await house.acceptor.accept(house.endpoint, post({ phone: '+7 999 700-00-03' }));
  await opened(delivery);
  await thread.stop();
  expect(starts).toBe(2);
  expect(died).toEqual(['processor.died']);
});
