/** The connection to ARI: what is found after a gap, and what a person is told when it does not come about. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { telephony } from '../../../channels/telephony/index.ts';
import { listen } from '../../../channels/telephony/providers/asterisk/listen.ts';
import type { Channel, ParsedEvent } from '../../../src/channel.ts';
import { endpointFor, type ListenStandIn, listenToolsFor, requestFor, until } from '../stand-ins.ts';
import { type FakeAri, LOGIN, openAri } from './fake-ari.ts';

const channel = telephony as unknown as Channel;
const FAST = { retryMs: [20], steadyMs: 1000, idleMs: 60, answerMs: 1500, connectMs: 5000 };

let ari: FakeAri;
beforeEach(async () => {
  ari = await openAri();
});
afterEach(() => ari.close());

function start(settings = {}, accept?: Parameters<typeof listenToolsFor>[0], before?: ListenStandIn) {
  const tools = listenToolsFor(accept, before);
  const said: string[] = [];
  const abort = new AbortController();
  const endpoint = endpointFor(channel, { provider: 'asterisk', asteriskUrl: ari.root, ...LOGIN, ...settings });
  const report: ListenStandIn['report'] = (health) => {
    tools.health = health;
    said.push(`${health.state}${health.detail === undefined ? '' : `: ${health.detail}`}`);
  };
  const ended = listen(endpoint as never, { ...tools, report }, abort.signal, FAST);
  ended.catch(() => undefined);
  const facts = () =>
    tools.accepted.flatMap(({ heard }) => {
      const parsed = channel.parse(requestFor(channel, { body: heard.body }), endpoint) as readonly ParsedEvent[];
      return parsed.flatMap((event) =>
        event.kind === 'call' && event.call !== undefined ? [`${event.eventId} ${event.call.happened}`] : [],
      );
    });
  return {
    tools,
    said,
    ended,
    facts,
    stop: () => abort.abort(),
    isConnected: () => tools.health?.state === 'connected',
  };
}

const TRUNK = {
  id: '10',
  name: 'PJSIP/trunk-0a',
  state: 'Ring',
  caller: { name: '', number: '79990001122' },
  dialplan: { context: 'from-trunk', exten: '74950000000' },
};
const PHONE = { id: '11', name: 'PJSIP/101-0b', state: 'Up', caller: { name: '', number: '101' }, linkedid: '10' };
const CREATED = { type: 'ChannelCreated', timestamp: '2025-02-03T12:00:00.000+0300', channel: TRUNK };
const ANSWER = {
  type: 'Dial',
  timestamp: '2025-02-03T12:00:09.000+0300',
  caller: TRUNK,
  peer: PHONE,
  dialstatus: 'ANSWER',
};

it('hands in what happens, in order, and asks for no more kinds of events than it reads', async () => {
  const listener = start();
  await until(listener.isConnected);
  ari.tell(CREATED);
  ari.tell({ type: 'ChannelVarset', channel: TRUNK, variable: 'X', value: '1' });
  ari.tell(ANSWER);
  ari.tell(ANSWER);
  ari.tell({ type: 'ChannelDestroyed', timestamp: '2025-02-03T12:01:00.000+0300', channel: TRUNK });
  await until(() => listener.facts().length === 3);
  expect(listener.facts()).toEqual(['10 ringing', '10 answered', '10 ended']);
  const filter = ari.asked.find(({ path }) => path === '/applications/inlet/eventFilter');
  expect(filter).toMatchObject({ method: 'PUT', body: { allowed: expect.arrayContaining([{ type: 'Dial' }]) } });
  listener.stop();
  await listener.ended;
  await until(() => ari.sockets() === 0);
  expect(ari.opened()).toBe(1);
});

describe('after a gap', () => {
  it('finds the calls that began in it, answered or not, and ends those that are no more', async () => {
    const listener = start();
    await until(listener.isConnected);
    ari.tell(CREATED);
    await until(() => listener.facts().length === 1);
    const other = { ...TRUNK, id: '20', name: 'PJSIP/trunk-0c' };
    ari.channels.push(
      other,
      { ...PHONE, id: '21', linkedid: '20' },
      { ...PHONE, id: '31', state: 'Ring', linkedid: '31' },
    );
    ari.channels.push({ ...other, id: '32', state: 'Up', linkedid: '31' });
    ari.channels[0] = { ...other, state: 'Up' };
    ari.bridges.push({ id: 'b-1', channels: ['20', '21'] });
    ari.drop();
    await until(() => ari.opened() === 2 && listener.isConnected());
    await until(() => listener.facts().length === 5);
    expect(listener.facts()).toEqual(['10 ringing', '10 ended', '20 ringing', '20 answered', '31 ringing']);
    const outbound = JSON.parse(new TextDecoder().decode(listener.tools.accepted.at(-1)!.heard.body)) as {
      inlet: object;
    };
    expect(outbound.inlet).toMatchObject({ call: '31', direction: 'outbound', client: '79990001122' });
    // What follows belongs to the calls that were found.
    ari.tell({ type: 'ChannelDestroyed', timestamp: 't', channel: other });
    await until(() => listener.facts().length === 6);
    expect(listener.facts().at(-1)).toBe('20 ended');
    listener.stop();
    await listener.ended;
  });

  it('says nothing twice of a call that goes on', async () => {
    ari.channels.push(TRUNK);
    const listener = start();
    await until(() => listener.facts().length === 1);
    await until(listener.isConnected);
    ari.drop();
    await until(() => ari.opened() === 2 && listener.isConnected());
    ari.tell({ type: 'ChannelStateChange', timestamp: 't', channel: TRUNK });
    ari.tell(ANSWER);
    await until(() => listener.facts().length === 2);
    expect(listener.tools.asked.length).toBe(2);
    listener.stop();
    await listener.ended;
  });

  it('notices a connection that is open and silent', async () => {
    const listener = start();
    await until(listener.isConnected);
    await until(() => ari.asked.filter(({ path }) => path.startsWith('/events/user/inlet-ping')).length >= 2);
    expect(ari.opened()).toBe(1);
    ari.trouble.deaf = true;
    await until(() => ari.opened() >= 2);
    expect(listener.said.join('\n')).toContain('waiting: Asterisk has stopped sending events');
    listener.stop();
    await listener.ended;
  });

  it('is content with a user that may only read', async () => {
    ari.trouble.readOnly = true;
    const listener = start();
    await until(() => ari.asked.filter(({ path }) => path.startsWith('/events/user/')).length >= 2);
    expect(ari.opened()).toBe(1);
    listener.stop();
    await listener.ended;
  });
});

describe('says what is wrong', () => {
  it('a wrong password needs a human, and is not tried again', async () => {
    const listener = start({ asteriskPassword: 'another' });
    await listener.ended;
    expect(listener.said).toEqual(['connecting', 'needs-human: Asterisk does not accept this ARI user and password.']);
    expect(ari.opened()).toBe(0);
  });

  it('a web server without ARI', async () => {
    ari.trouble.status = 404;
    const listener = start();
    await listener.ended;
    expect(listener.said.at(-1)).toContain('but not ARI');
  });

  it('an Asterisk that is away is tried again, and its password never told', async () => {
    ari.trouble.status = 503;
    const listener = start();
    await until(() => listener.said.length >= 4);
    expect(listener.said).toContain('waiting: Asterisk answered 503; it is tried again.');
    delete ari.trouble.status;
    ari.trouble.noSocket = true;
    await until(() => listener.said.some((one) => one.includes('refuses the WebSocket')));
    ari.trouble.noSocket = false;
    await until(listener.isConnected);
    expect(listener.said.join('\n')).not.toContain(LOGIN.asteriskPassword);
    listener.stop();
    await listener.ended;
    const nowhere = start({ asteriskUrl: 'http://127.0.0.1:1' });
    await until(() => nowhere.said.some((one) => one === 'waiting: Asterisk cannot be reached at this address.'));
    nowhere.stop();
    await nowhere.ended;
  });

  it('another program of the same name', async () => {
    const listener = start();
    await until(listener.isConnected);
    ari.tell({ type: 'ApplicationReplaced' });
    await listener.ended;
    expect(listener.said.at(-1)).toContain('needs-human: Another program listens as the ARI application "inlet"');
    await until(() => ari.sockets() === 0);
  });
});

it('rejects when a delivery is not committed, so that the house begins anew', async () => {
  const listener = start({}, () => Promise.reject(new Error('the database is away')));
  await until(listener.isConnected);
  ari.tell(CREATED);
  await expect(listener.ended).rejects.toThrow('the database is away');
});

it('sends a call that strays into the application back to the dialplan, and survives nonsense', async () => {
  const listener = start();
  await until(listener.isConnected);
  for (const odd of [
    { type: 'StasisStart', channel: { id: '77' }, application: 'inlet' },
    { type: 7 },
    { type: 'Dial', peer: [] },
  ])
    ari.tell(odd);
  ari.tell(CREATED);
  await until(() => listener.facts().length === 1);
  await until(() => ari.asked.some(({ path, method }) => method === 'POST' && path === '/channels/77/continue'));
  listener.stop();
  await listener.ended;
});
