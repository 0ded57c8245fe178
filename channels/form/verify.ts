import type { Answer, EndpointContext, Genuine, InboundRequest, Tools } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import { checkCaptcha } from './captcha.ts';
import { type Composition, compose } from './compose.ts';
import { checkFiles } from './files.ts';
import { findMissing } from './missing.ts';
import { readSubmission, type Submission } from './read.ts';
import { isPlainPost, seeOther } from './redirect.ts';
import type { FormSettings } from './settings.ts';
import { isOurStart, toHex } from './start.ts';
import { isTilda, isTildaPing } from './tilda.ts';
import { pickLanguage, words } from './words.ts';

/** Cheap checks first; the captcha last, because asking about a token uses it up. */
export async function verify(
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
  tools: Tools,
): Promise<Genuine> {
  const { settings } = endpoint;
  const submission = readSubmission(request, endpoint.language);
  const keyed = await checkApiKey(request, settings, submission);
  if (isTildaPing(submission.entries, settings.apiKeyName)) return { answer: TILDA_OK };
  if (settings.apiKey !== '' && !keyed) throw new Rejected(401, `Send the API key as ${settings.apiKeyName}.`);
  const form = compose(request, endpoint, submission);
  const language = pickLanguage(
    form.controls.get('_lang') ?? null,
    request.headers['accept-language'],
    endpoint.language,
  );
  const say = words[language];
  const start = form.controls.get('_start') ?? '';
  if (start !== '' && !(await isOurStart(tools.secret('form-start'), start)))
    throw new Rejected(403, 'The start token of this form is not ours. Load the form again.');
  const repeatKey = await readRepeatKey(request, submission, form, keyed);
  await checkFiles(submission.files, settings, say);
  const missing = findMissing(form, submission.files, settings, say);
  if (Object.keys(missing).length > 0) throw new Rejected(422, say.checkFields, { fields: missing });
  if (!keyed) await checkCaptcha(request, endpoint, tools, form.controls, say);
  const answer = chooseAnswer(request, submission, () => seeOther(form.controls.get('_redirect'), endpoint, language));
  return { ...(repeatKey === undefined ? {} : { repeatKey }), ...(answer === undefined ? {} : { answer }) };
}

const TILDA_OK: Answer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
const PLUGIN_OK: Answer = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };

function chooseAnswer(request: InboundRequest, { entries }: Submission, page: () => Answer): Answer | undefined {
  if (isPlainPost(request)) return page();
  if (isTilda(entries)) return TILDA_OK;
  // Elementor takes anything but 200 for a failure and tells the visitor so.
  if (request.headers['user-agent']?.startsWith('WordPress/') === true) return PLUGIN_OK;
  return undefined;
}

/** @returns whether the sender proved to hold the key. A wrong one is refused even where none would be needed. */
async function checkApiKey(request: InboundRequest, settings: FormSettings, submission: Submission): Promise<boolean> {
  if (settings.apiKey === '') return false;
  const name = settings.apiKeyName.toLowerCase();
  const given =
    request.headers[name] ?? submission.entries.find((entry) => entry.name.toLowerCase() === name)?.value ?? '';
  if (given === '') return false;
  if (!(await isEqual(given, settings.apiKey))) throw new Rejected(401, 'The API key is wrong.');
  return true;
}

/** Constant time: digests of equal length under a key that lives for this one comparison. */
async function isEqual(a: string, b: string): Promise<boolean> {
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const encoder = new TextEncoder();
  return crypto.subtle.verify(
    'HMAC',
    key,
    await crypto.subtle.sign('HMAC', key, encoder.encode(a)),
    encoder.encode(b),
  );
}

async function readRepeatKey(
  request: InboundRequest,
  submission: Submission,
  form: Composition,
  keyed: boolean,
): Promise<string | undefined> {
  const header = request.headers['idempotency-key'];
  if (header !== undefined) {
    if (!/^[\x21-\x7e]{1,200}$/.test(header))
      throw new Rejected(400, 'Idempotency-Key must be 1 to 200 printable ASCII characters without spaces.');
    return `idem:${header}`;
  }
  // A page keeps its _idem while the visitor goes back and corrects an answer, and a stranger can guess a tranid: only
  // the same content under the same id is a repeat.
  if (form.tildaId !== undefined)
    return keyed ? `tilda:${form.tildaId}` : `tilda:${form.tildaId}:${await hashOf(submission)}`;
  const field = form.controls.get('_idem') ?? '';
  if (field === '') return undefined;
  if (!/^[\x21-\x7e]{1,100}$/.test(field))
    throw new Rejected(400, '_idem must be 1 to 100 printable ASCII characters without spaces.');
  return `field:${field}:${await hashOf(submission)}`;
}

async function hashOf({ entries, files }: Submission): Promise<string> {
  const parts: string[] = entries.map(({ name, value }) => JSON.stringify([name, value]));
  for (const file of files) {
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(file.bytes));
    parts.push(JSON.stringify([file.field, file.name, toHex(digest)]));
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.join('\n')));
  return toHex(digest).slice(0, 32);
}
