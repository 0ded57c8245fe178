import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const make = (name: string, ...set: string[]) =>
  house.json('channel', 'add', 'form', '--name', name, ...set.map((pair) => `--set=${pair}`));

describe('channel add', () => {
  test('answers with id, key and address, and keeps the settings', async () => {
    const made = await make(
      'Site',
      'allowedOrigins=https://a.example,https://b.example',
      'minFillSeconds=0',
      'consentRequired=no',
      'fieldMap={"tel2":"phone"}',
      'defaultCountry=DE',
      'language=ru',
      'ratePerAddress=7',
      'ratePerEndpoint=',
    );
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      key: expect.stringMatching(/^\w{24}$/),
      address: `https://inlet.example.com/in/form/${made.key}`,
    });
    const [row] = await house.owner`select * from endpoints where id = ${made.id}`;
    expect(row).toMatchObject({ default_country: 'DE', language: 'ru', rate_per_address: 7, rate_per_endpoint: null });
    const { endpoints, channels } = await house.json('channel', 'list');
    expect(endpoints).toEqual([
      { id: made.id, channel: 'form', name: 'Site', key: made.key, address: made.address, paused: false },
    ]);
    expect(channels).toContainEqual({ id: 'form', title: 'Web form' });
  });

  test.each([
    [['nope=1'], 'nope', /is not known; there are: allowedOrigins/],
    [['captcha=letters'], 'captcha', /must be one of none, altcha/],
    [['captcha=turnstile'], 'captchaSiteKey', /needs this key/],
    [['minFillSeconds=soon'], 'minFillSeconds', /is no number/],
    [['allowedOrigins=a.example'], 'allowedOrigins.0', /An origin such as/],
    [['title'], 'title', /needs a value/],
    [['defaultCountry=Germany'], 'defaultCountry', /./],
    [['ratePerAddress=many'], 'ratePerAddress', /must be/],
  ])('a wrong setting is wrong usage, with the field named: %j', async (set, field, what) => {
    const args = set.map((pair) => `--set=${pair}`);
    const { code, out } = await house.run('channel', 'add', 'form', '--name', 'X', ...args, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out).fields).toEqual(expect.objectContaining({ [field]: expect.stringMatching(what) }));
  });

  test('a channel that is not there is wrong usage', async () => {
    const { code, err } = await house.run('channel', 'add', 'fax', '--name', 'X');
    expect(code).toBe(2);
    expect(err).toContain('There are: form');
  });
});

describe('channel test', () => {
  test('opens a lead the first time and is attached to it the second', async () => {
    const { id, key } = await make('Plain');
    const first = await house.json('channel', 'test', id);
    expect(first).toEqual({
      delivery: expect.any(String),
      outcome: 'opened',
      reason: null,
      lead: expect.any(String),
      verified: true,
      via: 'in-process',
    });
    for (const named of [key, 'Plain'])
      expect(await house.json('channel', 'test', named)).toMatchObject({ outcome: 'attached', lead: first.lead });
    const [row] = await house.owner`
      select l.messages, d.repeat_key is not null as once from leads l, deliveries d
      where l.id = ${first.lead} and d.id = ${first.delivery}`;
    expect(row).toEqual({ messages: 3, once: true });
  });

  test('passes the key and the consent that the endpoint asks for', async () => {
    await make('Asks', 'apiKey=s3cret-s3cret', 'consentText=I agree.', 'captcha=altcha');
    expect(await house.json('channel', 'test', 'Asks')).toMatchObject({ outcome: 'attached', verified: true });
  });

  test('goes around a captcha, and says so', async () => {
    await make('For people', 'captcha=altcha');
    const { code, out } = await house.run('channel', 'test', 'For people');
    expect(code).toBe(0);
    expect(out).toContain('Not checked: the captcha (altcha)');
    expect(await house.json('channel', 'test', 'For people')).toMatchObject({ verified: false });
  });

  test('a paused endpoint, and none, fail', async () => {
    const { id } = await make('Paused');
    await house.owner`update endpoints set paused_at = now() where id = ${id}`;
    expect(await house.run('channel', 'test', id)).toMatchObject({ code: 1, err: expect.stringContaining('paused') });
    expect((await house.run('channel', 'test', 'Nowhere')).code).toBe(1);
    await make('Twice');
    await make('Twice');
    expect((await house.run('channel', 'test', 'Twice')).code).toBe(2);
  });

  test('--http posts to the address and believes nothing but a stored delivery', async () => {
    await make('Far');
    const { delivery, lead } = await house.json('channel', 'test', 'Far');
    let answer = { status: 202, body: JSON.stringify({ delivery, duplicate: false }) };
    const posted: string[] = [];
    const server = createServer((request, response) => {
      posted.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = { INLET_PUBLIC_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const good = await house.runWith({ env }, 'channel', 'test', 'Far', '--http', '--json');
    expect(JSON.parse(good.out)).toMatchObject({ delivery, lead, via: 'http' });
    expect(posted).toEqual([expect.stringMatching(/^POST \/in\/form\/\w{24} application\/json$/)]);
    answer = { status: 403, body: '{"detail":"Requests from here are not allowed."}' };
    const refused = await house.runWith({ env }, 'channel', 'test', 'Far', '--http');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('answered 403: Requests from here') });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const gone = await house.runWith({ env }, 'channel', 'test', 'Far', '--http');
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('does not answer') });
  });
});
