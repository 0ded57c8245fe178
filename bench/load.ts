/** Load: wrk when it is installed (C, a few microseconds a request), else autocannon out of node_modules. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import autocannon from 'autocannon';

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** Every request is another person: 10 digits of phone, an e-mail, a text of usual length, a campaign. */
const LUA = `
wrk.method = "POST"
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
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %.3f %.3f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end`;

let seed = Math.floor(Math.random() * 900_000);

export async function applyLoad(url: string, connections: number, seconds: number): Promise<Load> {
  seed += 1;
  return hasWrk ? withWrk(url, connections, seconds) : withAutocannon(url, connections, seconds);
}

function withWrk(url: string, connections: number, seconds: number): Promise<Load> {
  const script = path.join(mkdtempSync(path.join(tmpdir(), 'inlet-bench-')), 'post.lua');
  writeFileSync(script, LUA.replace('SEED', String(seed)));
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

async function withAutocannon(url: string, connections: number, seconds: number): Promise<Load> {
  let n = 0;
  const base = seed;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    setupClient: (client) => {
      const next = (): void => {
        n += 1;
        client.setBody(bodyOf(base, n));
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
