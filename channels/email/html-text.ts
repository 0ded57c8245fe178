/**
 * The words of an HTML mail. Not a sanitizer: the result is plain text. Quotes become lines with `>`, so that what
 * finds quotes in plain text finds them here too. One pass, no backtracking: mails are hostile.
 */
import { decodeEntities } from './entities.ts';

const BLOCKS = new Set(
  'p div br tr table ul ol li h1 h2 h3 h4 h5 h6 hr pre section article header footer dl dt dd center form'.split(' '),
);
/** What stands between these is not shown. */
const HIDDEN = new Set(['script', 'style', 'head', 'title', 'noscript', 'template', 'svg', 'object', 'select']);
const MAX_QUOTE_DEPTH = 20;

export function htmlToText(html: string): string {
  const writer = new Writer();
  const lower = html.toLowerCase();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      writer.text(html.slice(at));
      break;
    }
    writer.text(html.slice(at, open));
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    const name = /^\/?[a-z][a-z0-9]*/.exec(lower.slice(open + 1, open + 30))?.[0];
    if (name === undefined && html[open + 1] !== '!' && html[open + 1] !== '?') {
      writer.text('<');
      at = open + 1;
      continue;
    }
    const close = endOfTag(html, open);
    at = close;
    if (name === undefined) continue;
    if (HIDDEN.has(name)) {
      const end = lower.indexOf(`</${name}`, close);
      at = end < 0 ? html.length : endOfTag(html, end);
    } else writer.tag(name);
  }
  return writer.finish();
}

/** After the `>` that is not inside a quoted attribute; searched so far, a picture in a `src` being longer. */
function endOfTag(html: string, open: number): number {
  let quote = '';
  const limit = Math.min(html.length, open + 2000);
  for (let at = open + 1; at < limit; at += 1) {
    const char = html[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return at + 1;
  }
  const plain = html.indexOf('>', open);
  return plain < 0 ? html.length : plain + 1;
}

class Writer {
  private readonly lines: string[] = [];
  private line = '';
  private depth = 0;

  text(raw: string): void {
    if (raw === '') return;
    const words = decodeEntities(raw).replace(/[ \t\r\n\u00a0]+/g, ' ');
    this.line += this.line === '' ? words.trimStart() : words;
  }

  tag(name: string): void {
    if (name === 'blockquote' || name === '/blockquote') {
      this.end(false);
      const depth = this.depth + (name === 'blockquote' ? 1 : -1);
      this.depth = Math.max(0, Math.min(MAX_QUOTE_DEPTH, depth));
    } else if (name === 'br' || name === 'hr') this.end(true);
    else if (name === 'td' || name === 'th') this.line += this.line === '' || this.line.endsWith(' ') ? '' : ' ';
    else if (name === 'p' || name === '/p') {
      this.end(false);
      if (this.lines.length > 0 && this.lines.at(-1)?.replace(/^[> ]+/, '') !== '') this.end(true);
    } else if (BLOCKS.has(name.replace('/', ''))) {
      this.end(false);
      if (name === 'li') this.line = '- ';
    }
  }

  finish(): string {
    this.end(false);
    return this.lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  }

  private end(always: boolean): void {
    const words = this.line.trimEnd();
    this.line = '';
    if (words === '' && !always) return;
    this.lines.push(this.depth > 0 ? `${'>'.repeat(this.depth)} ${words}`.trimEnd() : words);
  }
}
