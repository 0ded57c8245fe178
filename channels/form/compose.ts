import {
  type ClaimedIdentity,
  cleanLine,
  cleanText,
  type EndpointContext,
  type Field,
  type InboundRequest,
  type Source,
} from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import { isAttribution, readSource } from './attribution.ts';
import { hintOf, isYes, looksLikeEmail, looksLikePhone, type Meaning, meaningOf, surelyPhone } from './fields.ts';
import type { Submission } from './read.ts';
import type { FormSettings } from './settings.ts';
import { tildaId, tildaUtm } from './tilda.ts';
import { type Answer, unwrap } from './unwrap.ts';

/** What one submission says, before anybody decides whether it is good enough. */
export interface Composition {
  /** Our own and the plugins' technical fields, by lower-case name. They never become answers. */
  readonly controls: ReadonlyMap<string, string>;
  /** Every answer with its meaning, also the empty ones. */
  readonly answers: readonly (Answer & { readonly meaning: Meaning })[];
  readonly identities: readonly ClaimedIdentity[];
  readonly name: string;
  readonly text: string;
  readonly fields: readonly Field[];
  readonly source: Source;
  readonly consented: boolean;
  readonly tildaId: string | undefined;
}

const MAX_FIELDS = 200;
const MAX_IDENTITIES_OF_A_KIND = 5;

export const CAPTCHA_FIELDS = {
  altcha: 'altcha',
  turnstile: 'cf-turnstile-response',
  hcaptcha: 'h-captcha-response',
  recaptcha: 'g-recaptcha-response',
  smartcaptcha: 'smart-token',
} as const;

const CONTROLS: ReadonlySet<string> = new Set(
  '_start _idem _redirect _charset_ _lang _form cookies _wpnonce _wp_http_referer'
    .split(' ')
    .concat(Object.values(CAPTCHA_FIELDS)),
);

export function compose(
  request: InboundRequest,
  endpoint: EndpointContext<FormSettings>,
  submission: Submission,
): Composition {
  const { settings } = endpoint;
  const controls = new Map<string, string>();
  const attribution: (readonly [string, string])[] = [];
  const given: Answer[] = [];
  const own = new Set([settings.honeypotField.toLowerCase()]);
  if (settings.apiKey !== '') own.add(settings.apiKeyName.toLowerCase());
  for (const answer of unwrap(submission.entries)) {
    const key = answer.name.toLowerCase();
    if (CONTROLS.has(key) || own.has(key) || key.startsWith('_wpcf7')) controls.set(key, answer.value);
    else if (isAttribution(answer.name, answer.value)) attribution.push([answer.name, answer.value]);
    else given.push(answer);
  }
  for (const { name, value } of tildaUtm(controls.get('cookies') ?? '')) attribution.push([name, value]);
  const filled = given.filter(({ value }) => value.trim() !== '').length;
  if (filled > MAX_FIELDS) throw new Rejected(422, `More than ${MAX_FIELDS} fields in one form.`);
  const answers = giveMeaning(given, settings);
  return {
    controls,
    answers,
    ...readPerson(answers),
    ...readAnswers(answers),
    source: readSource([...attribution, ...fromAddress(request)]),
    consented: answers.some(({ meaning, value }) => meaning === 'consent' && isYes(value)),
    tildaId: tildaId(submission.entries),
  };
}

/** Tags in the form's own action address, and the page that the browser says it came from. */
function fromAddress(request: InboundRequest): (readonly [string, string])[] {
  const query = request.url.indexOf('?');
  const tags = query < 0 ? [] : [...new URLSearchParams(request.url.slice(query, query + 8000))].slice(0, 50);
  return [
    ...tags.filter(([name]) => !name.startsWith('_')),
    ...(request.headers.referer === undefined ? [] : [['_page', request.headers.referer] as const]),
  ];
}

type Meant = Answer & { readonly meaning: Meaning };

const fieldMaps = new WeakMap<FormSettings, Map<string, Meaning>>();

/** What the endpoint's own settings say of each field; read once for as long as the settings live. */
function fieldMapOf(settings: FormSettings): Map<string, Meaning> {
  const known = fieldMaps.get(settings);
  if (known !== undefined) return known;
  const map = new Map<string, Meaning>(Object.entries(settings.fieldMap).map(([k, v]) => [k.toLowerCase(), v]));
  for (const field of settings.formFields)
    if (field.kind !== 'text' && field.kind !== 'file' && !map.has(field.name.toLowerCase()))
      map.set(field.name.toLowerCase(), field.kind);
  fieldMaps.set(settings, map);
  return map;
}

function giveMeaning(given: readonly Answer[], settings: FormSettings): Meant[] {
  const map = fieldMapOf(settings);
  const meant = given.map((answer) => {
    const name = cleanLine(answer.name, 200) || 'field';
    const value = cleanText(answer.value);
    const byName = meaningOf(name, map);
    return { name, value, meaning: byValue(name, value, byName === 'text' ? (answer.meaning ?? byName) : byName) };
  });
  if (meant.some(({ meaning, value }) => value !== '' && (meaning === 'phone' || meaning === 'email'))) return meant;
  // Nobody to call back: a field whose name says nothing (`input_4`) may still hold a number or an address.
  return meant.map((answer) => {
    if (answer.meaning !== 'text') return answer;
    if (looksLikeEmail(answer.value)) return { ...answer, meaning: 'email' };
    return surelyPhone(answer.value) ? { ...answer, meaning: 'phone' } : answer;
  });
}

/** People write an address into a phone field, and forms ask for "phone or email" in one. */
function byValue(name: string, value: string, meaning: Meaning): Meaning {
  const looks = looksLikeEmail(value) ? 'email' : looksLikePhone(value) ? 'phone' : undefined;
  if (meaning === 'contact') return looks ?? 'text';
  if (meaning === 'phone' && looks === 'email') return 'email';
  if (meaning === 'email' && looks === 'phone') return 'phone';
  if (meaning === 'text' && looks !== undefined && hintOf(name) === looks) return looks;
  return meaning;
}

function readPerson(answers: readonly Meant[]): { identities: ClaimedIdentity[]; name: string } {
  const identities: ClaimedIdentity[] = [];
  for (const { meaning, value } of answers) {
    if (meaning !== 'phone' && meaning !== 'email') continue;
    const fits = meaning === 'email' ? looksLikeEmail(value) : looksLikePhone(value);
    const clean = cleanLine(value, 320);
    if (!fits || identities.some((one) => one.kind === meaning && one.value === clean)) continue;
    if (identities.filter((one) => one.kind === meaning).length < MAX_IDENTITIES_OF_A_KIND)
      identities.push({ kind: meaning, value: clean, trust: 'claimed' });
  }
  const first = (wanted: Meaning): string => answers.find((a) => a.meaning === wanted && a.value !== '')?.value ?? '';
  const whole = first('name') || first('first');
  const rest = [first('middle'), first('last')].filter((part) => part !== '' && !whole.includes(part));
  return { identities, name: cleanLine([whole, ...rest].join(' '), 200) };
}

function readAnswers(answers: readonly Meant[]): { text: string; fields: Field[] } {
  const message = answers.find(({ meaning, value }) => meaning === 'message' && value !== '');
  const fields: Field[] = [];
  for (const answer of answers) {
    const { name, value, meaning } = answer;
    if (answer !== message && meaning !== 'ignore' && value !== '')
      fields.push({ name, value, kind: fieldKind(meaning) });
  }
  return { text: message?.value ?? '', fields };
}

function fieldKind(meaning: Meaning): Field['kind'] {
  if (meaning === 'phone' || meaning === 'email') return meaning;
  return meaning === 'name' || meaning === 'first' || meaning === 'middle' || meaning === 'last' ? 'name' : 'text';
}
