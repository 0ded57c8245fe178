/**
 * A text in pieces of at most `max` UTF-16 units (Telegram counts code points, so this is never too much): between
 * paragraphs, else lines, else words, else anywhere but inside a character. Telegram trims each message; a piece that
 * is nothing but space would be refused, and is left out.
 */
import { cutText } from '../../src/channel.ts';

export function split(text: string, max: number): string[] {
  const pieces: string[] = [];
  let rest = text.toWellFormed().trim();
  while (rest.length > max) {
    const piece = rest.slice(0, breakAt(rest, max));
    pieces.push(piece.trimEnd());
    rest = rest.slice(piece.length).trimStart();
  }
  return rest === '' ? pieces : [...pieces, rest];
}

/** Not in the first half: a short line before a very long one would become a message of its own. */
function breakAt(text: string, max: number): number {
  // One more than fits: the separator itself may lie behind the piece.
  const window = text.slice(0, max + 1);
  for (const separator of ['\n\n', '\n', ' ']) {
    const at = window.lastIndexOf(separator);
    if (at >= max / 2) return Math.min(at, max);
  }
  return cutText(text, max).length;
}
