/** What Twilio is told to do with a call: docs/providers/twilio.md */
import type { Answer, CallTarget } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import type { Leg } from './read-request.ts';

/** Twilio's own limit of phones in one <Dial>. */
const MOST_PHONES = 10;

const NOBODY = {
  en: 'Sorry, nobody can take your call right now. We will call you back.',
  ru: 'К сожалению, сейчас никто не может ответить. Мы вам перезвоним.',
};

export const twiml = (verbs: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>${verbs === '' ? '<Response/>' : `<Response>${verbs}</Response>`}`;

export const answerWith = (verbs: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/xml; charset=utf-8' },
  body: twiml(verbs),
});

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Control characters cannot be written in XML at all. */
const xml = (text: string): string =>
  text.replaceAll(/[\x00-\x1f\x7f\ufffe\uffff]|\p{Cs}/gu, '').replaceAll(/[&<>"']/g, (one) => ENTITIES[one]!);

const attributes = (of: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(of)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('');

/** An address of this endpoint for Twilio to call. What is signed later are these very characters: only safe ones. */
export function callbackUrl(endpoint: Endpoint, leg: Leg, more: { ext?: string; call?: string } = {}): string {
  const marks = Object.entries({ leg, ...more }).filter(([, value]) => value !== '');
  return `${endpoint.address}?${marks.map(([name, value]) => `${name}=${inUrl(value)}`).join('&')}`;
}

const inUrl = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * Where a person is called: E.164 with its plus is a number. A bare extension is a name of Twilio Client, or of the SIP
 * domain where there is one.
 */
export function addressOf(target: CallTarget, endpoint: Endpoint): { noun: string; address: string } {
  const given = (target.dial ?? target.extension).trim();
  const number = given.replaceAll(/[\s().-]/g, '');
  if (/^\+[1-9]\d{6,14}$/.test(number)) return { noun: 'Number', address: number };
  if (/^sips?:/i.test(given)) return { noun: 'Sip', address: given };
  const name = given.replace(/^client:/i, '');
  const domain = endpoint.settings.twilioSipDomain;
  if (domain !== undefined && name === given) return { noun: 'Sip', address: `sip:${inUrl(name)}@${domain}` };
  return { noun: 'Client', address: name };
}

function phone(target: CallTarget, endpoint: Endpoint, leg: Leg, ext: string): string {
  const { noun, address } = addressOf(target, endpoint);
  const callbacks = attributes({
    statusCallback: callbackUrl(endpoint, leg, { ext }),
    statusCallbackMethod: 'POST',
    statusCallbackEvent: 'ringing answered completed',
  });
  return `<${noun}${callbacks}>${xml(address)}</${noun}>`;
}

function dialling(endpoint: Endpoint, callId: string, of: Readonly<Record<string, string>>, phones: string): string {
  const { keepRecordings, twilioRecord, ringSeconds } = endpoint.settings;
  const recording =
    keepRecordings && twilioRecord
      ? {
          record: 'record-from-answer-dual',
          recordingStatusCallback: callbackUrl(endpoint, 'recording', { call: callId }),
          recordingStatusCallbackMethod: 'POST',
        }
      : {};
  return `<Dial${attributes({ timeout: ringSeconds, method: 'POST', ...of, ...recording })}>${phones}</Dial>`;
}

/** Rings these people at once, or says that there is nobody. The caller hears it ring until one of them answers. */
export function connect(targets: readonly CallTarget[], endpoint: Endpoint, callId: string, leg: Leg): string {
  const phones = targets
    .filter((one) => (one.dial ?? one.extension).trim() !== '')
    .slice(0, MOST_PHONES)
    .map((one) => phone(one, endpoint, 'phone', one.extension));
  if (phones.length === 0) return sayNobody(endpoint);
  const of = { action: callbackUrl(endpoint, leg), answerOnBridge: 'true' };
  return dialling(endpoint, callId, of, phones.join(''));
}

export function connectDefault(endpoint: Endpoint, callId: string): string {
  return connect([{ extension: endpoint.settings.fallbackTarget }], endpoint, callId, 'last');
}

export function sayNobody({ settings, language }: Endpoint): string {
  const russian = language.toLowerCase().startsWith('ru');
  const text = settings.twilioNobodyText.trim() || NOBODY[russian ? 'ru' : 'en'];
  return `<Say${attributes({ language: russian ? 'ru-RU' : 'en-US' })}>${xml(text)}</Say><Hangup/>`;
}

/** For our person who has just picked up: the client. Which call it is Twilio knows, we do not yet. */
export function connectClient(to: string, line: string, ext: string, endpoint: Endpoint): string {
  const of = { action: callbackUrl(endpoint, 'called', { ext }), callerId: line };
  return dialling(endpoint, '', of, phone({ extension: to }, endpoint, 'client', ext));
}
