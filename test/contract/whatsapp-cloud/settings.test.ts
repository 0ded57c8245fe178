/** What an admin may enter: the access token must not leave in the clear, and ids are not numbers of phones. */
import { expect, test } from 'vitest';
import { whatsappCloud } from '../../../channels/whatsapp-cloud/index.ts';
import { exampleSettings } from '../example-settings.ts';

const takes = (over: Record<string, unknown>): boolean =>
  whatsappCloud.settings.safeParse({ ...exampleSettings['whatsapp-cloud'], ...over }).success;

test('the API is reached by https, or on this machine', () => {
  for (const apiRoot of ['https://graph.facebook.com', 'https://proxy.example.com:8443', 'http://127.0.0.1:9999'])
    expect(takes({ apiRoot }), apiRoot).toBe(true);
  for (const apiRoot of [
    'http://graph.facebook.com',
    'https://graph.facebook.com/',
    'https://graph.facebook.com/v26.0',
    'https://user:password@graph.facebook.com',
    'http://127.0.0.1.example.com',
    'ftp://localhost',
    'graph.facebook.com',
    '',
  ])
    expect(takes({ apiRoot }), apiRoot).toBe(false);
});

test('a phone number is no phone number ID, and nothing starts without its secrets', () => {
  expect(takes({ phoneNumberId: '+7 999 000-00-01' })).toBe(false);
  for (const name of ['phoneNumberId', 'accessToken', 'appSecret', 'verifyToken']) {
    expect(takes({ [name]: '' }), name).toBe(false);
    expect(takes({ [name]: undefined }), name).toBe(false);
  }
});

test('templates are named as in WhatsApp Manager', () => {
  expect(takes({ templates: [{ name: 'hello_client', language: 'ru', text: 'Здравствуйте, {{1}}!' }] })).toBe(true);
  expect(takes({ templates: [{ name: 'hello_client', language: 'en_US', text: 'Hello {{1}}!' }] })).toBe(true);
  expect(takes({ templates: [{ name: 'Hello client', language: 'ru', text: 'x' }] })).toBe(false);
  expect(takes({ templates: [{ name: 'hello', language: 'Russian', text: 'x' }] })).toBe(false);
  expect(takes({ templates: [{ name: 'hello', language: 'ru' }] })).toBe(false);
});

test('the version of the API is one', () => {
  expect(takes({ apiVersion: 'v31.0' })).toBe(true);
  expect(takes({ apiVersion: 'v26.0/../x' })).toBe(false);
});
