/** Load: wrk when it is installed (C, a few microseconds a request), else autocannon out of node_modules. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import autocannon from 'autocannon';
import { SECRET } from './call-bed.ts';

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** What is posted: forms, or the events of calls as MegaFon's cloud PBX tells them. */
export type LoadKind = 'form' | 'call';

/** Every request is another person: 10 digits of phone, an e-mail, a text of usual length, a campaign. */
const FORM_LUA = `
wrk.headers["Content-Type"] = "application/json"
local n = 0
local base = SEED
function request()
  n = n + 1
  local id = (base * 1000003 + n * 7) % 10000000000
  return wrk.format(nil, nil, nil, string.format(
    '{"name":"Person %d","phone":"+7%010d","email":"p%d-%d@example.com",' ..
    '"message":"I would like to order forty windows for my country house, please call me back after six.",' ..
    '"utm_source":"bench","utm_campaign":"autumn","page":"https://shop.example.com/windows"}',
    n, id, base, n))
end`;

/** Five events a call, a client of its own each: it rings here and there, somebody talks, hangs up, it is history. */
const CALL_EVENTS = [
  'cmd=event&type=INCOMING&direction=in&user=101',
  'cmd=event&type=INCOMING&direction=in&user=102',
  'cmd=event&type=ACCEPTED&direction=in&user=102',
  'cmd=event&type=COMPLETED&direction=in&user=102',
  'cmd=history&type=in&status=Success&start=20260401T090000Z&duration=50&user=102',
];

const CALL_LUA = `
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
local n = -1
local base = SEED
local events = { ${CALL_EVENTS.map((event) => `"${event}"`).join(', ')} }
function request()
  n = n + 1
  local call = math.floor(n / #events)
  return wrk.format(nil, nil, nil, string.format(
    "%s&callid=%d-%d&phone=7%010d&diversion=74950000000&crm_token=${SECRET}",
    events[n % #events + 1], base, call, (base * 1000003 + call * 7) % 10000000000))
end`;

const LUA = `
wrk.method = "POST"
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %.3f %.3f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end`;

let seed = Math.floor(Math.random() * 900_000);

export async function applyLoad(
  url: string,
  connections: number,
  seconds: number,
  kind: LoadKind = 'form',
): Promise<Load> {
  seed += 1;
  return hasWrk ? withWrk(url, connections, seconds, kind) : withAutocannon(url, connections, seconds, kind);
}

function withWrk(url: string, connections: number, seconds: number, kind: LoadKind): Promise<Load> {
  const script = path.join(mkdtempSync(path.join(tmpdir(), 'inlet-bench-')), 'post.lua');
  writeFileSync(script, `${LUA}${(kind === 'form' ? FORM_LUA : CALL_LUA).replace('SEED', String(seed))}`);
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      const found = /RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)/.exec(output);
      if (found === null) return reject(new Error(`wrk said:\n${output}`));
      const [requests, micros, errors, p50Ms, p99Ms] = found.slice(1).map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      resolve({ requests, seconds: micros / 1e6, errors, p50Ms, p99Ms });
    });
  });
}

async function withAutocannon(url: string, connections: number, seconds: number, kind: LoadKind): Promise<Load> {
  let n = 0;
  const base = seed;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': kind === 'form' ? 'application/json' : 'application/x-www-form-urlencoded' },
    setupClient: (client) => {
      const next = (): void => {
        n += 1;
        client.setBody(kind === 'form' ? bodyOf(base, n) : callOf(base, n));
      };
      next();
      client.on('response', next);
    },
  });
  return {
    requests: result['2xx'],
    seconds: result.duration,
    errors: result.non2xx + result.errors,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}

export function bodyOf(base: number, n: number): string {
  return JSON.stringify({
    name: `Person ${n}`,
    phone: `+7${String((base * 1_000_003 + n * 7) % 10_000_000_000).padStart(10, '0')}`,
    email: `p${base}-${n}@example.com`,
    message: 'I would like to order forty windows for my country house, please call me back after six.',
    utm_source: 'bench',
    utm_campaign: 'autumn',
    page: 'https://shop.example.com/windows',
  });
}

function callOf(base: number, n: number): string {
  const call = Math.floor(n / CALL_EVENTS.length);
  const phone = `7${String((base * 1_000_003 + call * 7) % 10_000_000_000).padStart(10, '0')}`;
  const event = CALL_EVENTS[n % CALL_EVENTS.length] ?? '';
  return `${event}&callid=${base}-${call}&phone=${phone}&diversion=74950000000&crm_token=${SECRET}`;
}
