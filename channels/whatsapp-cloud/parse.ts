import {
  cleanLine,
  type EndpointContext,
  type InboundRequest,
  type Nothing,
  type ParsedEvent,
} from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { isRecord, type Loose, part, record, string } from './loose.ts';
import { readMessage } from './read-message.ts';
import { readStatus } from './read-status.ts';
import type { CloudSettings } from './settings.ts';
import { wordsFor } from './words.ts';

type Found = ParsedEvent | Nothing;

/**
 * Every level is a list and may hold several: accounts, changes, messages, statuses. What is not for us is ignored with
 * its reason; a level that is not the list it must be is `Malformed`, because messages may be behind it.
 */
export function parse(
  request: InboundRequest,
  endpoint: EndpointContext<CloudSettings>,
): readonly ParsedEvent[] | Nothing {
  const envelope = readJson(request.body);
  const object = string(envelope.object);
  if (object !== '' && object !== 'whatsapp_business_account')
    return { ignored: `events of "${cleanLine(object, 100)}", not of WhatsApp` };
  const found = records(envelope, 'entry', true).flatMap((entry) => readEntry(entry, endpoint));
  const events = found.filter((one): one is ParsedEvent => !('ignored' in one));
  if (events.length > 0) return events;
  const reasons = new Set(found.flatMap((one) => ('ignored' in one ? [one.ignored] : [])));
  return { ignored: [...reasons].join('; ').slice(0, 500) || 'nothing in it' };
}

function readJson(body: Uint8Array): Loose {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Malformed('The body is not JSON.');
  }
  if (!isRecord(parsed)) throw new Malformed('The body is JSON, but not an object.');
  return parsed;
}

/** @throws {Malformed} when it is there and not a list of objects, or is not there and must be */
function records(of: Loose, name: string, required = false): readonly Loose[] {
  const value = of[name];
  if ((value === undefined || value === null) && !required) return [];
  if (!Array.isArray(value) || !value.every(isRecord)) throw new Malformed(`"${name}" is not a list of objects.`);
  return value;
}

function readEntry(entry: Loose, endpoint: EndpointContext<CloudSettings>): Found[] {
  const { businessAccountId } = endpoint.settings;
  if (businessAccountId !== '' && string(entry.id) !== businessAccountId)
    return [{ ignored: 'for another WhatsApp Business account' }];
  return records(entry, 'changes', true).flatMap((change) => readChange(change, endpoint));
}

function readChange(change: Loose, endpoint: EndpointContext<CloudSettings>): Found[] {
  const field = string(change.field);
  if (field !== 'messages' && field !== 'smb_message_echoes')
    return [{ ignored: `the field ${cleanLine(field, 100) || 'without a name'} is not read` }];
  if (!isRecord(change.value)) throw new Malformed(`"value" of the field ${field} is not an object.`);
  const { value } = change;
  // Several numbers of one app share one webhook; each has an endpoint of its own here.
  const number = string(part(value, 'metadata').phone_number_id);
  if (number !== '' && number !== endpoint.settings.phoneNumberId)
    return [{ ignored: 'for another phone number of the account' }];
  return field === 'messages' ? readMessages(value, endpoint) : readEchoes(value, endpoint);
}

function readMessages(value: Loose, { settings, language }: EndpointContext<CloudSettings>): Found[] {
  const messages = records(value, 'messages');
  const context = {
    say: wordsFor(language),
    direction: 'inbound' as const,
    alone: messages.length === 1,
    askPhone: settings.askPhoneText,
  };
  return [
    ...messages.map((message) => readMessage(message, value, context)),
    ...records(value, 'statuses').map(readStatus),
    ...records(value, 'errors').map(readError),
  ];
}

/** Coexistence: the number is also used in the WhatsApp Business app on a phone. */
function readEchoes(value: Loose, { settings, language }: EndpointContext<CloudSettings>): Found[] {
  if (!settings.takeEchoes) return [{ ignored: 'messages from the phone app are not taken' }];
  const echoes = records(value, 'message_echoes');
  const context = {
    say: wordsFor(language),
    direction: 'outbound' as const,
    alone: echoes.length === 1,
    askPhone: '',
  };
  return echoes.map((echo) => readMessage(echo, value, context));
}

function readError(error: Loose): Nothing {
  const title = cleanLine(string(error.title) || string(record(error.error_data).details), 150);
  return { ignored: `WhatsApp reports error ${cleanLine(string(error.code), 20)}: ${title}`.replace(/[: ]+$/, '') };
}
