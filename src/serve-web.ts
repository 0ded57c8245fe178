/**
 * The built web app from `dist/web`: hashed files for ever, everything else the one page that routes in the browser.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { MiddlewareHandler } from 'hono';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
};

const BUILDING = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="3"><title>Inlet</title>
<p style="font:16px system-ui;margin:20vh auto;max-width:30em">The web app is being built, which takes a few seconds
after an install or an update. This page looks again by itself. Requests are being taken already.</p>`;

export function serveWeb(root: string): MiddlewareHandler {
  const remembered = new Map<string, Uint8Array<ArrayBuffer>>();
  const read = async (file: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const known = remembered.get(file);
    if (known !== undefined) return known;
    const bytes = await readFile(path.join(root, file)).catch(() => undefined);
    if (bytes === undefined) return undefined;
    // Only names with a hash in them never change; the page itself is replaced by an update.
    if (file.startsWith('assets/')) remembered.set(file, new Uint8Array(bytes));
    return new Uint8Array(bytes);
  };
  return async (c) => {
    const asked = path.posix.normalize(c.req.path).slice(1);
    const isFile = /^[\w./-]+\.\w+$/.test(asked) && !asked.startsWith('.');
    const bytes = isFile ? await read(asked) : undefined;
    if (bytes !== undefined) {
      const forever = asked.startsWith('assets/');
      return c.body(bytes, 200, {
        'Content-Type': MEDIA_TYPES[path.extname(asked)] ?? 'application/octet-stream',
        'Cache-Control': forever ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
    }
    if (isFile && asked.startsWith('assets/')) return c.text('Not found', 404);
    const page = existsSync(path.join(root, 'index.html')) ? await read('index.html') : undefined;
    if (page === undefined) return c.html(BUILDING, 503, { 'Retry-After': '3' });
    return c.body(page, 200, { 'Content-Type': MEDIA_TYPES['.html']!, 'Cache-Control': 'no-cache' });
  };
}
