import type { EndpointContext, Outbound, Sent, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { type Api, ApiError, type CallOptions, NoAnswer, openApi } from './call-api.ts';
import { eventIdFrom, eventIdOf, messageIdIn } from './event-id.ts';
import { asId, asKey, asObject } from './loose.ts';
import { pause } from './pause.ts';
import type { TelegramSettings } from './settings.ts';
import { split } from './split.ts';
import { fill, type Words, wordsFor } from './words.ts';

const MAX_MESSAGE = 4096;
const MAX_CAPTION = 1024;
const TEXT_TIMEOUT_MS = 30_000;
/** 50 MB over a slow line of 2 Mbit/s. */
const FILE_TIMEOUT_MS = 240_000;
/** Until somebody puts in a new token; the listener's health says so meanwhile. */
const WRONG_TOKEN_SECONDS = 300;
const UNREACHABLE_SECONDS = 30;
/** Between the parts of one message a short wait is better than half a message; the house allows 90 s in all. */
const PATIENCE_SECONDS = 20;

interface Target {
  readonly chatId: number;
  readonly scope: string;
  /** Parameters of every call. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

interface Part {
  readonly method: 'sendMessage' | 'sendDocument';
  readonly payload: Readonly<Record<string, unknown>>;
  readonly file?: NonNullable<CallOptions['file']>;
}

/**
 * One message in as few pieces as Telegram allows. It cannot deduplicate, so nothing is tried twice here: before the
 * first piece is out an error says so exactly, after it the outcome is for a person to judge.
 */
export async function send(
  message: Outbound,
  endpoint: EndpointContext<TelegramSettings>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Sent> {
  const say = wordsFor(endpoint.language);
  const target = readTarget(message, say);
  const parts = partsOf(message, target, say);
  if (parts.length === 0) throw new Refused(say.empty);
  const api = openApi(endpoint.settings, tools.fetch);
  const ids: string[] = [];
  let chatId = target.chatId;
  for (const [index, part] of parts.entries()) {
    try {
      const sent = await sendPart(api, part, target, chatId, signal).catch(async (error: unknown) => {
        if (index === 0 || !(await mayRetry(error, signal))) throw error;
        return sendPart(api, part, target, chatId, signal);
      });
      chatId = sent.chatId;
      ids.push(idOf(sent.result, target.scope, chatId, `${message.idempotencyKey}.${index}`));
    } catch (error) {
      if (ids.length > 0)
        throw new Error(`Only ${ids.length} of ${parts.length} parts were sent: ${(error as Error).message}`);
      throw translate(error, target, say);
    }
  }
  const [providerId = '', ...moreIds] = ids;
  return { providerId, ...(moreIds.length === 0 ? {} : { moreIds }) };
}

/** A group that became a supergroup has a new id, which the refusal names: nothing was sent to the old one. */
async function sendPart(api: Api, part: Part, { fixed }: Target, chatId: number, signal: AbortSignal) {
  const options: CallOptions = {
    signal,
    timeoutMs: part.file === undefined ? TEXT_TIMEOUT_MS : FILE_TIMEOUT_MS,
    ...(part.file === undefined ? {} : { file: part.file }),
  };
  const call = (to: number) => api.call(part.method, { chat_id: to, ...fixed, ...part.payload }, options);
  try {
    return { result: await call(chatId), chatId };
  } catch (error) {
    if (!(error instanceof ApiError) || error.migrateToChatId === undefined) throw error;
    return { result: await call(error.migrateToChatId), chatId: error.migrateToChatId };
  }
}

/** 429 says that nothing was sent, and when there is room again: about one message a second in a chat. */
async function mayRetry(error: unknown, signal: AbortSignal): Promise<boolean> {
  const seconds = error instanceof ApiError && error.code === 429 ? error.retryAfterSeconds : undefined;
  if (seconds === undefined || seconds > PATIENCE_SECONDS) return false;
  await pause(seconds * 1000, signal);
  return !signal.aborted;
}

function readTarget({ to }: Outbound, say: Words): Target {
  const { reach, identity } = to;
  const known =
    identity?.kind === 'telegram' && /^\d{1,16}$/.test(identity.value) ? Number(identity.value) : undefined;
  const chatId = asId(reach?.chatId) ?? asId(known);
  if (chatId === undefined) throw new Refused(say.nobody);
  const business = asKey(reach?.businessConnectionId);
  const thread = asId(reach?.messageThreadId);
  const direct = asId(reach?.directMessagesTopicId);
  return {
    chatId,
    scope: business ?? '',
    fixed: {
      ...(business === undefined ? {} : { business_connection_id: business }),
      ...(thread === undefined ? {} : { message_thread_id: thread }),
      ...(direct === undefined ? {} : { direct_messages_topic_id: direct }),
    },
  };
}

/** Text as it is, without `parse_mode`: a client's `<` or `_` must not be taken for formatting. */
function partsOf(message: Outbound, target: Target, say: Words): Part[] {
  const text = message.text.toWellFormed().trim();
  const [first] = message.attachments;
  const asCaption = first !== undefined && message.ask === undefined && text.length <= MAX_CAPTION;
  const texts = asCaption ? [] : split(text, MAX_MESSAGE);
  const parts: Part[] = texts.map((piece) => ({ method: 'sendMessage', payload: { text: piece } }));
  for (const attachment of message.attachments) {
    const caption = asCaption && attachment === first && text !== '' ? { caption: text } : {};
    parts.push({
      method: 'sendDocument',
      // Otherwise a GIF or an MP3 arrives as something else than the file that was sent.
      payload: { ...caption, disable_content_type_detection: true },
      file: { field: 'document', name: attachment.name, type: attachment.mediaType, bytes: attachment.bytes },
    });
  }
  const [head, ...tail] = parts;
  if (head === undefined) return [];
  return [{ ...head, payload: { ...head.payload, ...extras(message, target, say) } }, ...tail];
}

/** Of the first part only. A business account cannot show a reply keyboard. */
function extras(message: Outbound, { scope, chatId }: Target, say: Words): Record<string, unknown> {
  const quoted = message.quotes === undefined ? undefined : messageIdIn(message.quotes, scope, chatId);
  const keyboard = [[{ text: say.askPhoneButton, request_contact: true }]];
  return {
    ...(quoted === undefined ? {} : { reply_parameters: { message_id: quoted, allow_sending_without_reply: true } }),
    ...(message.ask === 'phone' && scope === '' && chatId > 0
      ? { reply_markup: { keyboard, one_time_keyboard: true, resize_keyboard: true } }
      : {}),
  };
}

/**
 * In the scope that we sent into, whether or not the answer names it. A message that the server has only scheduled has
 * no id yet: then ours, so that there is one.
 */
function idOf(result: unknown, scope: string, chatId: number, fallback: string): string {
  const sent = asObject(result);
  return (
    (sent === undefined ? undefined : eventIdOf(scope === '' ? sent : { ...sent, business_connection_id: scope })) ??
    eventIdFrom(scope, chatId, fallback)
  );
}

/** What the house does next. An error that is not translated means: the outcome is not known. */
function translate(error: unknown, target: Target, say: Words): unknown {
  if (error instanceof NoAnswer) return error.unsent ? new Later(UNREACHABLE_SECONDS, error.message) : error;
  if (!(error instanceof ApiError)) return error;
  if (error.code === 429) return new Later(error.retryAfterSeconds ?? UNREACHABLE_SECONDS, error.message);
  if (error.code === 401 || error.code === 404) return new Later(WRONG_TOKEN_SECONDS, say.wrongToken);
  if (error.code === 413) return new Refused(say.tooLarge);
  if (error.code === 403) return new Refused(whyForbidden(error.description, say));
  if (error.code !== 400) return error;
  if (/chat not found|PEER_ID_INVALID/i.test(error.description)) return new Refused(say.noChat);
  if (target.scope !== '' && /BUSINESS|can't reply/i.test(error.description)) return new Refused(say.noBusiness);
  return new Refused(fill(say.refused, error.description));
}

function whyForbidden(description: string, say: Words): string {
  if (/blocked by the user/i.test(description)) return say.blocked;
  if (/user is deactivated/i.test(description)) return say.deactivated;
  if (/can't initiate conversation/i.test(description)) return say.neverStarted;
  if (/kicked|not a member/i.test(description)) return say.notMember;
  return fill(say.forbidden, description);
}
