/** The API's own description: OpenAPI 3.1 made from the routes themselves, and a page to read it. */
import type { Hono } from 'hono';
import { generateSpecs, resolver } from 'hono-openapi';
import type { Config } from '../deps.ts';
import type { AppEnv } from './authenticate.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';

type Document = Awaited<ReturnType<typeof generateSpecs>>;

/** Reads one file of swagger-ui-dist; the entry that has a file system hands it in. */
export type DocsFile = (name: string) => Promise<Uint8Array>;

const DESCRIPTION = `Log in with \`POST /api/v1/session\` (a cookie), or send an API key:
\`Authorization: Bearer inl_...\`.
\`x-roles\` says who may call a route. Errors are RFC 9457 problem details. What a person may not see is 404.`;

/** Describes every route that `app` has by now. */
export async function openApiDocument(app: Hono<AppEnv>, config: Config): Promise<Document> {
  const answer = { content: { 'application/problem+json': { schema: resolver(shapes.problem) } } };
  const document = await generateSpecs(app, {
    exclude: [/^(?!\/api\/v1\/)/],
    defaultValidationErrorResponse: false,
    documentation: {
      openapi: '3.1.0',
      info: { title: 'Inlet', version: config.version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
      servers: [{ url: config.publicUrl }],
      security: [{ session: [] }, { apiKey: [] }],
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: config.publicUrl.startsWith('https:') ? '__Host-inlet' : 'inlet_session',
          },
          apiKey: { type: 'http', scheme: 'bearer' },
        },
        responses: { Problem: { description: 'Anything else: problem details', ...answer } },
      },
    },
  });
  for (const item of Object.values(document.paths))
    for (const operation of Object.values(item) as { responses?: Record<string, unknown> }[])
      operation.responses = { ...operation.responses, default: { $ref: '#/components/responses/Problem' } };
  return document;
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Inlet API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<div id="swagger"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</html>
`;

const START = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger', deepLinking: true, validatorUrl: null });
`;

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** Adds the description and its page. Everything comes from this server: no content delivery network. */
export function mountOpenApi(app: Hono<AppEnv>, config: Config, docsFile: DocsFile | undefined): void {
  let document: Promise<Document> | undefined;
  app.get('/api/openapi.json', async (c) => {
    document ??= openApiDocument(app, config);
    return c.json(await document);
  });
  app.get('/api/docs', (c) => (docsFile === undefined ? problem(404) : c.html(PAGE)));
  app.get('/api/docs/:file', async (c) => {
    const name = c.req.param('file');
    if (docsFile !== undefined && name === 'start.js')
      return c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' });
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (docsFile === undefined || type === undefined) return problem(404);
    const bytes = await docsFile(name);
    return c.body(bytes.slice().buffer, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=86400' });
  });
}
