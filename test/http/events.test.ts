import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/access/actor.ts';
import type { AppEnv } from '../../src/http/authenticate.ts';
import { type EventsOptions, eventRoutes } from '../../src/http/events.ts';
import { type Live, type Subscriber, startLive } from '../../src/leads/live.ts';
import { silentLog } from '../../src/log.ts';
import { claim } from '../../src/routing/claim.ts';
import { type House, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';

let house: House;
let live: Live;
beforeAll(async () => {
  house = await openHouse();
  live = startLive(house.sql, silentLog, { deskMs: 50 });
});
afterAll(async () => {
  await live.stop();
  await house.close();
});

const HEAD: Actor = { userId: null, role: 'head', name: 'key:1', language: 'en' };

function serve(actor: Actor, from: Live | undefined, options?: EventsOptions) {
  return new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set('actor', actor);
      await next();
    })
    .route('/', eventRoutes({ log: silentLog }, from, options));
}

/** A hub that remembers who listens. */
function stub(): Live & { subscribers: Subscriber[]; left: number } {
  const hub = {
    subscribers: [] as Subscriber[],
    left: 0,
    subscribe: (one: Subscriber) => {
      hub.subscribers.push(one);
      return () => {
        hub.left += 1;
      };
    },
    stop: async () => undefined,
  };
  return hub;
}

async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, wanted: RegExp): Promise<string> {
  let text = '';
  while (!wanted.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended after ${JSON.stringify(text)}`);
    text += new TextDecoder().decode(value);
  }
  return text;
}

describe('GET /events', () => {
  it('streams a claim to a screen', async () => {
    const one = await makeUser(house);
    const queueId = await makeQueue(house, { members: [one] });
    const lead = await makeLead(house, { queueId });
    const response = await serve(one, live).request('/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = response.body!.getReader();
    expect(await readUntil(reader, /desk/)).toContain('retry: ');
    await claim(house.sql, one, lead.id);
    const text = await readUntil(reader, /lead\.claimed.*\n\n/s);
    const data = /event: lead\.claimed\ndata: (.*)\n\n/.exec(text)?.[1];
    expect(JSON.parse(data ?? '')).toEqual({
      type: 'lead.claimed',
      lead: lead.id,
      queue: queueId,
      owner: one.userId,
    });
    await reader.cancel();
  });

  it('has a heartbeat, and forgets whoever goes away', async () => {
    const hub = stub();
    const response = await serve(HEAD, hub, { heartbeatMs: 20 }).request('/events');
    const reader = response.body!.getReader();
    await readUntil(reader, /(:\n\n.*){3}/s);
    await reader.cancel();
    expect(hub.left).toBe(1);
    hub.subscribers[0]!.send({ type: 'desk' });
  });

  it('cuts a client that does not keep up', async () => {
    const hub = stub();
    const response = await serve(HEAD, hub, { mostBufferedBytes: 2000 }).request('/events');
    for (let i = 0; i < 100; i += 1) hub.subscribers[0]!.send({ type: 'desk' });
    expect(hub.left).toBe(1);
    await expect(response.text()).rejects.toThrow('keep up');
  });

  it('ends the stream when the hub says so', async () => {
    const hub = stub();
    const response = await serve(HEAD, hub).request('/events');
    hub.subscribers[0]!.end();
    expect(await response.text()).toBe('retry: 2000\n\n');
    expect(hub.left).toBe(1);
  });

  it('says so where there are no events, or too many listeners', async () => {
    expect((await serve(HEAD, undefined).request('/events')).status).toBe(501);
    const full: Live = { subscribe: () => undefined, stop: async () => undefined };
    const refused = await serve(HEAD, full).request('/events');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('15');
  });
});
