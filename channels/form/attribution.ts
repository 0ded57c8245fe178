import { cleanLine, type Source } from '../../src/channel.ts';

type Utm = NonNullable<Source['utm']>;

const UTM = /^utm_(source|medium|campaign|term|content)$/;
const CLICK_IDS: ReadonlySet<string> = new Set(
  'gclid gbraid wbraid dclid yclid ysclid fbclid msclkid ttclid twclid li_fat_id rb_clickid vkclid'.split(' '),
);
/** Every parameter of a page's address that the snippet carries along. */
export const TAGS: readonly string[] = [
  ...['source', 'medium', 'campaign', 'term', 'content'].map((tag) => `utm_${tag}`),
  ...CLICK_IDS,
];
/** Our own names first, then those that plugins use. */
const ADDRESSES: ReadonlyMap<string, 'page' | 'referrer' | 'landingPage'> = new Map([
  ['_page', 'page'],
  ['page_url', 'page'],
  ['pageurl', 'page'],
  ['source_url', 'page'],
  ['_referrer', 'referrer'],
  ['referrer', 'referrer'],
  ['referer', 'referrer'],
  ['_landing', 'landingPage'],
  ['landing_page', 'landingPage'],
]);

/** True when this field tells where the visitor came from rather than what they answered. */
export function isAttribution(name: string, value: string): boolean {
  const key = name.toLowerCase();
  if (UTM.test(key) || CLICK_IDS.has(key) || key === '_first') return true;
  return ADDRESSES.has(key) && (key.startsWith('_') || value === '' || webAddress(value) !== undefined);
}

/** `pairs` from the strongest to the weakest: the first value of each name counts. */
export function readSource(pairs: Iterable<readonly [string, string]>): Source {
  const utm: { -readonly [K in keyof Utm]: Utm[K] } = {};
  const clickIds: Record<string, string> = {};
  const source: { -readonly [K in keyof Source]: Source[K] | undefined } = {};
  for (const [name, raw] of pairs) {
    const key = name.toLowerCase();
    const value = cleanLine(raw, 500);
    if (value === '') continue;
    const tag = UTM.exec(key)?.[1] as keyof Utm | undefined;
    const place = ADDRESSES.get(key);
    if (tag !== undefined) utm[tag] ??= value;
    else if (CLICK_IDS.has(key)) clickIds[key] ??= value;
    else if (place !== undefined) source[place] ??= webAddress(raw);
    else if (key === '_first') source.firstTouch ??= readFirstTouch(raw);
  }
  return present({ ...source, utm: full(utm), clickIds: full(clickIds) });
}

/** The object that the snippet keeps for 90 days: `{at, page, referrer, landing, utm_source, ..., gclid, ...}`. */
function readFirstTouch(json: string): Source['firstTouch'] | undefined {
  if (json.length > 10_000) return undefined;
  let kept: unknown;
  try {
    kept = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return undefined;
  const pairs = Object.entries(kept).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  const at = pairs.find(([name]) => name === 'at')?.[1] ?? '';
  const own = pairs.filter(([name]) => name !== '_first').map(([name, value]) => [OWN[name] ?? name, value] as const);
  const touch = { ...readSource(own), ...(isTime(at) ? { at: new Date(at).toISOString() } : {}) };
  return Object.keys(touch).length === 0 ? undefined : touch;
}

const OWN: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  page: '_page',
  referrer: '_referrer',
  landing: '_landing',
});

const isTime = (value: string): boolean =>
  /^\d{4}-\d\d-\d\dT[\d:.]{5,12}Z$/.test(value) && !Number.isNaN(Date.parse(value));

/** An http address without a password in it; a very long one without its query. */
function webAddress(value: string): string | undefined {
  const trimmed = value.trim();
  if (trimmed.length > 8000 || !/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) return undefined;
  const url = new URL(trimmed);
  url.username = '';
  url.password = '';
  if (url.href.length <= 2000) return url.href;
  const short = url.origin + url.pathname;
  return short.length <= 2000 ? short : url.origin;
}

const full = <T extends object>(value: T): T | undefined => (Object.keys(value).length === 0 ? undefined : value);

const present = (source: { [K in keyof Source]: Source[K] | undefined }): Source =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined));
