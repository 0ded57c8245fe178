import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { DocsFile } from './openapi.ts';

/** From the installed swagger-ui-dist. For the Node entry only: the Worker has no such files. */
export const docsFile: DocsFile = (name) => {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return readFile(path.join(folder, name));
};
