/** The same mails give the same events in the Worker's runtime as in Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestHarness, type TestHarness } from 'wrangler';
import { emailEdge } from '../../channels/email/edge.ts';
import { type Channel, isMessage } from '../../src/channel.ts';
import { endpointFor, requestFor } from './edge/endpoint.ts';

const samples = new URL('../../channels/email/samples/', import.meta.url);
const channel = emailEdge as unknown as Channel;
let worker: TestHarness;

beforeAll(async () => {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.WRANGLER_LOG ??= 'error';
  worker = createTestHarness({
    root: new URL('./edge/', import.meta.url).pathname,
    workers: [{ configPath: 'wrangler.toml' }],
  });
  await worker.listen();
});
afterAll(() => worker.close());

interface Sample {
  readonly headers: Record<string, string>;
  readonly settings?: Record<string, unknown>;
  readonly language?: string;
}

async function inNode({ headers, settings, language }: Sample, body: Uint8Array): Promise<unknown> {
  try {
    const found = await channel.parse(requestFor(headers, body), endpointFor(channel, settings, language));
    if ('ignored' in found) return found;
    const plain = found.map((event) =>
      isMessage(event)
        ? {
            ...event,
            attachments: event.attachments?.map(({ name, mediaType, bytes }) => [name, mediaType, bytes.length]),
          }
        : event,
    );
    return JSON.parse(JSON.stringify(plain));
  } catch (error) {
    return { error: String(error) };
  }
}

const names = readdirSync(samples).filter((file) => file.endsWith('.eml'));

it('reads every sample alike', async () => {
  expect(names.length).toBeGreaterThan(65);
  for (const name of names) {
    const sample = JSON.parse(readFileSync(new URL(name.replace('.eml', '.request.json'), samples), 'utf8')) as Sample;
    const body = readFileSync(new URL(name, samples));
    const response = await worker.fetch('http://localhost/', {
      method: 'POST',
      headers: { 'x-sample': encodeURIComponent(JSON.stringify(sample)) },
      body,
    });
    expect(await response.json(), name).toEqual(await inNode(sample, body));
  }
});
