/** What Vonage is told to do with a call: docs/providers/vonage.md */
import type { Answer, CallTarget } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import type { Loose } from '../../loose.ts';
import type { Leg } from './read-request.ts';

const NOBODY = {
  en: 'Sorry, nobody can take your call right now. We will call you back.',
  ru: 'К сожалению, сейчас никто не может ответить. Мы вам перезвоним.',
};

export const answerWith = (actions: readonly Loose[]): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(actions),
});

/** Where a person is called: E.164 with its plus, a SIP address, an extension of Vonage Business, or an app's user. */
export function addressOf(target: CallTarget): Loose {
  const given = (target.dial ?? target.extension).trim();
  const number = given.replaceAll(/[\s().-]/g, '');
  if (/^\+[1-9]\d{6,14}$/.test(number)) return { type: 'phone', number: number.slice(1) };
  if (/^sips?:/i.test(given)) return { type: 'sip', uri: given };
  if (/^vbc:/i.test(given)) return { type: 'vbc', extension: given.slice(4) };
  return { type: 'app', user: given.replace(/^app:/i, '') };
}

/** Numbers of Vonage have no plus. `undefined`: none that could be shown. */
export function numberToShow({ settings }: Endpoint, line = ''): string | undefined {
  const found = [line, settings.vonageNumber ?? '', ...settings.lines.slice(0, 1).map((one) => one.number)]
    .map((text) => text.replaceAll(/[\s().+-]/g, ''))
    .find((text) => /^[1-9]\d{6,14}$/.test(text));
  return found;
}

/** An address of this endpoint for Vonage to tell events to. */
export function eventUrl(endpoint: Endpoint, leg: Leg, ext: string, last = false): string {
  const query = new URLSearchParams({ leg, ext: ext.toWellFormed(), ...(last ? { last: '1' } : {}) });
  return `${endpoint.address}?${query}`;
}

export function recording(endpoint: Endpoint): readonly Loose[] {
  const { keepRecordings, vonageRecord } = endpoint.settings;
  if (!keepRecordings || !vonageRecord) return [];
  // Two channels need the split: Vonage's NCCO reference, "record".
  const how = { format: 'mp3', split: 'conversation', channels: 2 };
  return [{ action: 'record', eventUrl: [endpoint.address], eventMethod: 'POST', ...how }];
}

/**
 * Rings one person. With `synchronous` Vonage asks the event's address what to do when they do not answer; anything
 * that stood after this action would also be heard by callers who have been talked to.
 */
export function connect(target: CallTarget, endpoint: Endpoint, line: string | undefined, last: boolean): Loose {
  return {
    action: 'connect',
    ...(line === undefined ? {} : { from: line }),
    timeout: endpoint.settings.ringSeconds,
    eventType: 'synchronous',
    eventUrl: [eventUrl(endpoint, 'phone', target.extension, last)],
    eventMethod: 'POST',
    endpoint: [addressOf(target)],
  };
}

/** The default, or a sentence and the end. */
export function connectDefault(endpoint: Endpoint, line: string | undefined): Loose {
  const extension = endpoint.settings.fallbackTarget.trim();
  return extension === '' ? sayNobody(endpoint) : connect({ extension }, endpoint, line, true);
}

export function sayNobody({ settings, language }: Endpoint): Loose {
  const russian = language.toLowerCase().startsWith('ru');
  const text = settings.vonageNobodyText.trim() || NOBODY[russian ? 'ru' : 'en'];
  return { action: 'talk', text, language: russian ? 'ru-RU' : 'en-US' };
}
