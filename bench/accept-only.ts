/** Inlet's door and acceptor without the processor: what a durable 202 costs by itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { channels } from '../channels/index.ts';
import { readSettings } from '../src/config.ts';
import { createDoor } from '../src/http/door.ts';
import { nodeDoor } from '../src/http/node-door.ts';
import { openInstallation } from '../src/installation.ts';
import { createAcceptor } from '../src/intake/accept.ts';
import { createEndpointBook } from '../src/intake/endpoint-book.ts';
import { createMeter } from '../src/intake/meter.ts';
import { createLog } from '../src/node-log.ts';

const settings = readSettings(process.env);
const log = createLog('warn');
const { sql, vault, clock } = await openInstallation(settings, { max: 10, applicationName: 'inlet bench', log });
const config = { publicUrl: 'http://127.0.0.1', trustedProxies: [], version: settings.version };
const acceptor = createAcceptor({ sql, vault, clock, onCommitted: () => {}, onError: console.error });
const endpoints = createEndpointBook(vault, channels, config, clock);
const meter = createMeter(sql, vault, clock);
const enter = nodeDoor(
  createDoor({ sql, vault, channels, config, clock, log }, { endpoints, acceptor, meter, fetch }),
);
const server = createServer((req, res) => {
  if (!enter(req, res)) res.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}`));
