/**
 * The words of a `rich_message`, without its form. Bot API 10.3 knows some thirty kinds of blocks and as many of
 * inline text; all of them keep their words under a handful of names, and so, presumably, will the next ones.
 */
import { asList, asObject, asText, type Json } from './loose.ts';

/** Telegram allows 16 levels and 500 blocks; each level is up to three objects deep here. */
const MAX_DEPTH = 64;
const MAX_NODES = 20_000;
const MAX_CHARS = 25_000;

const WORDS = ['text', 'alternative_text', 'expression'] as const;
const BLOCKS = ['title', 'summary', 'blocks', 'items', 'buttons', 'caption', 'credit'] as const;

export function readRichText(rich: unknown): string {
  const walk = { out: '', nodes: 0 };
  visit(rich, 0, walk);
  return walk.out.replace(/\n{3,}/g, '\n\n').trim();
}

interface Walk {
  out: string;
  nodes: number;
}

function visit(value: unknown, depth: number, walk: Walk): void {
  walk.nodes += 1;
  if (depth > MAX_DEPTH || walk.nodes > MAX_NODES || walk.out.length > MAX_CHARS) return;
  if (typeof value === 'string') walk.out += value;
  else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1, walk);
  else visitObject(asObject(value), depth, walk);
}

function visitObject(node: Json | undefined, depth: number, walk: Walk): void {
  if (node === undefined) return;
  const label = asText(node.label);
  if (label !== '') walk.out += `${label} `;
  for (const name of WORDS) visit(node[name], depth + 1, walk);
  for (const name of BLOCKS) {
    if (node[name] === undefined) continue;
    if (label === '') endLine(walk);
    for (const part of Array.isArray(node[name]) ? node[name] : [node[name]]) {
      visit(part, depth + 1, walk);
      endLine(walk);
    }
  }
  for (const row of asList(node.cells)) {
    for (const [index, cell] of asList(row).entries()) {
      if (index > 0) walk.out += ' | ';
      visit(cell, depth + 1, walk);
    }
    endLine(walk);
  }
}

function endLine(walk: Walk): void {
  if (walk.out !== '' && !walk.out.endsWith('\n')) walk.out += '\n';
}
