import { createHash } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import type { ProviderCase } from './provider-case.ts';

const KEY = 'test_key';
const SALT = 'test_salt';
const JSON_TEXT =
  '{"entry_id":"MjY4Nzg2ODQwMTo4MQ==","call_id":"MToxMDAwOTU2NTo4MTozMTI2OTQyNDA6MQ==",' +
  '"timestamp":1488272633,"seq":1,' +
  '"call_state":"Appeared","location":"ivr","from":{"number":"74955404444"},' +
  '"to":{"number":"74952150438","line_number":"74952150438"}}';

const sign = (key: string, json: string, salt: string): string =>
  createHash('sha256').update(`${key}${json}${salt}`).digest('hex');

interface Parts {
  readonly key?: string;
  readonly json?: string;
  readonly sign?: string;
}

const form = ({ key = KEY, json = JSON_TEXT, sign: given = sign(KEY, JSON_TEXT, SALT) }: Parts = {}): Uint8Array =>
  bytes(new URLSearchParams({ vpbx_api_key: key, sign: given, json }).toString());

export const mangoCase: ProviderCase = {
  settings: { provider: 'mango', mangoSalt: SALT, mangoApiKey: KEY },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y/events/call',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form(),
  }),
  tamperings: {
    'a digit of the number': {
      statuses: [401],
      of: (sent) => ({ ...sent, body: form({ json: JSON_TEXT.replace('74955404444', '74955404445') }) }),
    },
    'the same JSON with a space': {
      statuses: [401],
      of: (sent) => ({ ...sent, body: form({ json: JSON_TEXT.replace(',', ', ') }) }),
    },
    'no signature': { statuses: [401], of: (sent) => ({ ...sent, body: form({ sign: '' }) }) },
    'a signature by another salt': {
      statuses: [401],
      of: (sent) => ({ ...sent, body: form({ sign: sign(KEY, JSON_TEXT, 'other') }) }),
    },
    'a signature by no salt': {
      statuses: [401],
      of: (sent) => ({ ...sent, body: form({ sign: sign(KEY, JSON_TEXT, '') }) }),
    },
    'the key of another PBX': {
      statuses: [403],
      of: (sent) => ({ ...sent, body: form({ key: 'other_key', sign: sign('other_key', JSON_TEXT, SALT) }) }),
    },
    'the border between key and JSON moved': {
      statuses: [403],
      of: (sent) => ({ ...sent, body: form({ key: `${KEY}{`, json: JSON_TEXT.slice(1) }) }),
    },
    'cut short': {
      statuses: [401],
      of: (sent) => ({ ...sent, body: form({ sign: sign(KEY, JSON_TEXT, SALT).slice(0, -1) }) }),
    },
    'fields in the query': {
      statuses: [401],
      of: (sent) => ({ ...sent, url: `${sent.url}?${new TextDecoder().decode(form())}`, body: new Uint8Array() }),
    },
    fetched: { statuses: [405], of: (sent) => ({ ...sent, method: 'GET' }) },
  },
};
