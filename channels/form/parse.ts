import type { Consent, EndpointContext, InboundEvent, InboundRequest, Nothing } from '../../src/channel.ts';
import { Malformed, Rejected } from '../../src/errors.ts';
import { type Composition, compose } from './compose.ts';
import { checkFiles } from './files.ts';
import { readSubmission, type Submission } from './read.ts';
import type { FormSettings } from './settings.ts';
import { readStart, sha256Hex } from './start.ts';
import { isTildaPing } from './tilda.ts';
import { words } from './words.ts';

/** One form is one event. What `verify` would refuse today (settings change) is quarantined, not lost. */
export async function parse(
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
): Promise<readonly InboundEvent[] | Nothing> {
  try {
    const submission = readSubmission(request, endpoint.language);
    if (isTildaPing(submission.entries, endpoint.settings.apiKeyName)) return { ignored: 'test ping' };
    return [await toEvent(request, endpoint, submission)];
  } catch (error) {
    if (error instanceof Rejected) throw new Malformed(error.message);
    throw error;
  }
}

async function toEvent(
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
  submission: Submission,
): Promise<InboundEvent> {
  const { settings } = endpoint;
  const form = compose(request, endpoint, submission);
  const attachments = await checkFiles(submission.files, settings, words.en);
  const consents = await readConsents(request, settings, form);
  const language = readLanguage(form.controls.get('_lang') ?? request.headers['accept-language'] ?? '');
  const suspect = findSuspect(request, settings, form);
  return {
    // Anybody can guess the next tranid; it may only silence a repeat where the sender proved who they are.
    ...(form.tildaId !== undefined && settings.apiKey !== '' ? { eventId: `tilda:${form.tildaId}` } : {}),
    kind: 'form',
    direction: 'inbound',
    sender: {
      ...(form.name === '' ? {} : { name: form.name }),
      ...(language === undefined ? {} : { language }),
      identities: form.identities,
    },
    ...(form.text === '' ? {} : { text: form.text }),
    ...(form.fields.length === 0 ? {} : { fields: form.fields }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(Object.keys(form.source).length === 0 ? {} : { source: form.source }),
    ...(consents.length === 0 ? {} : { consents }),
    ...(suspect === undefined ? {} : { suspect }),
  };
}

/** The text that the token says was shown, else the one that is set now. */
async function readConsents(request: InboundRequest, settings: FormSettings, form: Composition): Promise<Consent[]> {
  if (!form.consented || settings.consentText === '') return [];
  const shown = readStart(form.controls.get('_start') ?? '')?.consentHash;
  const textHash = shown ?? (await sha256Hex(settings.consentText));
  return [{ textHash, purpose: settings.consentPurpose, givenAt: request.receivedAt, address: request.address }];
}

function findSuspect(request: InboundRequest, settings: FormSettings, form: Composition): string | undefined {
  if ((form.controls.get(settings.honeypotField.toLowerCase()) ?? '') !== '') return 'honeypot';
  const start = readStart(form.controls.get('_start') ?? '');
  if (start === undefined || settings.minFillSeconds === 0) return undefined;
  const seconds = (request.receivedAt.getTime() - start.at.getTime()) / 1000;
  return seconds < settings.minFillSeconds ? 'too-fast' : undefined;
}

const readLanguage = (tags: string): string | undefined => /^\s*([a-z]{2,3})\b/i.exec(tags)?.[1]?.toLowerCase();
