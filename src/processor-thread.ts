/**
 * The processor in a thread of its own: decrypting, parsing and deciding never keep a sender waiting for an answer, and
 * use a second core. A delivery that kills it (memory, an endless loop is not the only way) takes this thread along and
 * not the door; the next one counts it (src/intake/processor.ts).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { channels } from '../channels/node.ts';
import { systemClock } from './clock.ts';
import { openDatabase } from './db/open.ts';
import { followPort } from './db/supervise.ts';
import { createEndpointBook } from './intake/endpoint-book.ts';
import { startProcessor } from './intake/processor.ts';
import { createLog } from './node-log.ts';
import type { FromThread, ThreadStart, ToThread } from './processor-messages.ts';
import { createDeskBook } from './routing/desk-book.ts';
import { openVault } from './vault/open-vault.ts';

const CONNECTIONS = 3;

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const { url, masterKeys, publicUrl, logLevel } = workerData as ThreadStart;
  const log = createLog(logLevel);
  const sql = openDatabase(url, { max: CONNECTIONS, role: 'inlet_system', applicationName: 'inlet processor' });
  const vault = await openVault(sql, masterKeys);
  const endpoints = createEndpointBook(vault, channels, { publicUrl }, systemClock);
  const tell = (message: FromThread): void => port.postMessage(message);
  const processor = startProcessor({
    sql,
    vault,
    endpoints,
    desk: createDeskBook(),
    clock: systemClock,
    log,
    onProcessed: (processed) => tell({ processed }),
  });
  port.on('message', (message: ToThread) => {
    if (message === 'wake') processor.wake();
    else if (message === 'stop')
      void processor.stop().then(async () => {
        await sql.end({ timeout: 5 });
        port.close();
      });
    else followPort(sql, message.movedTo);
  });
}

if (parentPort === null) throw new Error('src/processor-thread.ts is started by src/node.ts');
await main(parentPort);
