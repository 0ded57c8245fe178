/**
 * What is new in an answer, and what it only repeats: quotes, forwarded letters, signatures. Nothing is lost: every
 * line goes into one of the two. email-reply-parser 2.3.7 leaves the header of Gmail's Russian quotes and all of
 * Outlook's Russian ones in the text, and planer 1.2.0 removes neither; hence own rules.
 */
export interface Stripped {
  readonly text: string;
  readonly rest: string;
  readonly forwarded: boolean;
}

const LONGEST_LINE = 600;
/** A header of a quote may be wrapped; Gmail wraps at 78. */
const HEADER_LINES = 3;

export function stripQuotes(whole: string): Stripped {
  const lines = whole.split('\n');
  const kept: string[] = [];
  const rest: string[] = [];
  let forwarded = false;
  for (let at = 0; at < lines.length; ) {
    const mark = markAt(lines, at);
    if (mark === undefined) {
      kept.push(lines[at]!);
      at += 1;
      continue;
    }
    const end = mark.until === 'end' ? lines.length : at + mark.until;
    rest.push(...lines.slice(at, end));
    forwarded ||= mark.forwarded === true;
    at = end;
  }
  const text = tidy(kept);
  if (text === '') return { text: tidy(lines), rest: '', forwarded };
  return { text, rest: tidy(rest), forwarded };
}

const tidy = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

interface Mark {
  /** How many lines belong to it, or everything that follows. */
  readonly until: number | 'end';
  readonly forwarded?: true;
}

function markAt(lines: readonly string[], at: number): Mark | undefined {
  const line = lineAt(lines, at);
  if (line === '') return undefined;
  if (line.startsWith('>')) return { until: 1 };
  if (FORWARDED.test(line)) return { until: 'end', forwarded: true };
  if (ORIGINAL.test(line) || isHeaderBlock(lines, at)) return { until: 'end' };
  const header = quoteHeaderAt(lines, at);
  if (header !== undefined) return header;
  if (MOBILE.test(line) && endsHere(lines, at + 1)) return { until: 1 };
  // A rule of underscores is Outlook's, and only above its block of headers.
  if (/^_{10,}$/.test(line) && isHeaderBlock(lines, nextFilled(lines, at + 1))) return { until: 'end' };
  return isSignature(lines, at) ? { until: 'end' } : undefined;
}

/** Without the stars that Outlook's and Apple's plain text puts around bold words. */
const lineAt = (lines: readonly string[], at: number): string => {
  const line = lines[at] ?? '';
  return line.length > LONGEST_LINE ? line.slice(0, LONGEST_LINE) : line.trim();
};

function nextFilled(lines: readonly string[], from: number): number {
  const limit = Math.min(lines.length, from + 5);
  for (let at = from; at < limit; at += 1) if (lines[at]!.trim() !== '') return at;
  return limit;
}

const FORWARDED = new RegExp(
  '^(?:-{4,}\\s*(?:Forwarded message|(?:Пересылаемое|Пересланное|Перенаправленное) (?:сообщение|письмо))\\s*-{4,}|' +
    'Begin forwarded message:|Начало (?:переадресованного|пересылаемого) сообщения:)$',
  'i',
);
const ORIGINAL =
  /^-{3,}\s*(?:Original (?:Message|Appointment)|Исходное (?:сообщение|письмо)|Ursprüngliche Nachricht)\s*-{3,}$/i;
const MOBILE = new RegExp(
  '^(?:Sent from (?:my |Mail for |Outlook|Yahoo|Gmail|Yandex).{0,80}|Get Outlook for .{1,60}|' +
    'Отправлено (?:с|со|из) .{1,80}|Скачать Outlook для .{1,60}|Скачайте Outlook для .{1,60})$',
  'i',
);

/** After it come an empty line, a quote, or nothing. */
const endsHere = (lines: readonly string[], at: number): boolean => {
  const next = lineAt(lines, at);
  if (next === '' || next.startsWith('>') || /^(?:--|_{10,})$/.test(next)) return true;
  return isHeaderBlock(lines, at) || quoteHeaderAt(lines, at) !== undefined;
};

const LABELS: readonly RegExp[] = [
  /^\*?(?:From|От|От кого|Von|De|Від)\s*:\*?\s/i,
  /^\*?(?:Sent|Date|Отправлено|Дата|Gesendet|Envoyé|Надіслано)\s*:\*?\s/i,
  /^\*?(?:To|Кому|An|À|Para)\s*:\*?\s/i,
  /^\*?(?:Subject|Тема|Betreff|Objet)\s*:\*?(?:\s|$)/i,
  /^\*?(?:Cc|Копия|Reply-To)\s*:\*?\s/i,
];

/** Outlook quotes below a copy of the headers. The first must be the sender; two more must follow at once. */
function isHeaderBlock(lines: readonly string[], at: number): boolean {
  if (!LABELS[0]!.test(`${lineAt(lines, at)} `)) return false;
  const seen = new Set<number>();
  for (let next = at + 1; next <= at + 6; next += 1) {
    const index = LABELS.findIndex((label) => label.test(`${lineAt(lines, next)} `));
    if (index > 0) seen.add(index);
  }
  return seen.size >= 2;
}

/**
 * "On Tue, Sep 1, 2026 at 10:00 AM X <x@y> wrote:", «вт, 1 сент. 2026 г. в 10:00, X <x@y>:», «01.09.2026, 10:00, "X"
 * <x@y>:», «Вторник, 1 сентября 2026, 10:00 +03:00 от X <x@y>:». It ends in a colon, and says who and when.
 */
function quoteHeaderAt(lines: readonly string[], at: number): Mark | undefined {
  let joined = '';
  for (let count = 1; count <= HEADER_LINES; count += 1) {
    const line = lineAt(lines, at + count - 1);
    if (line === '' || line.startsWith('>')) return undefined;
    joined = joined === '' ? line : `${joined} ${line}`;
    if (joined.length > 500) return undefined;
    if (!line.endsWith(':')) continue;
    if (!isQuoteHeader(joined)) return undefined;
    const next = nextFilled(lines, at + count);
    const quoted = lineAt(lines, next).startsWith('>');
    return { until: quoted ? count : 'end' };
  }
  return undefined;
}

function isQuoteHeader(line: string): boolean {
  const dated = /\b\d{1,2}[:.]\d{2}\b/.test(line) || /(?<!\d)(?:19|20)\d{2}(?!\d)/.test(line);
  if (!dated) return false;
  const wrote =
    /(?:\bwrote|(?:написал|написала|написал\(а\)|пишет|пише|написав)|schrieb.{0,200}|a écrit|escribió)\s*:$/i;
  if (wrote.test(line)) return true;
  return DATE_FIRST.test(line) && /\S@\S/.test(line);
}

const DATE_FIRST = new RegExp(
  '^(?:\\d{1,2}[.:]\\d{2}|(?:пн|вт|ср|чт|пт|сб|вс|mon|tue|wed|thu|fri|sat|sun)[.,\\s]|' +
    'понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|' +
    '\\d{1,2}\\s+\\p{L}{3,10}\\.?\\s+\\d{4}|\\d{4}-\\d{2}-\\d{2}|on\\s)',
  'iu',
);

/** `-- ` by RFC 3676; bare `--` is as frequent. What is longer than this is no signature. */
const SIGNATURE_LINES = 25;

function isSignature(lines: readonly string[], at: number): boolean {
  if (!/^(?:-- ?|—\s?|–\s?)$/.test(lines[at]!.replace(/\r$/, ''))) return false;
  let count = 0;
  for (let next = at + 1; next < lines.length; next += 1) {
    const line = lineAt(lines, next);
    if (
      line.startsWith('>') ||
      ORIGINAL.test(line) ||
      quoteHeaderAt(lines, next) !== undefined ||
      isHeaderBlock(lines, next)
    )
      break;
    if (line !== '') count += 1;
    if (count > SIGNATURE_LINES) return false;
  }
  return true;
}
