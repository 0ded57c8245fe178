import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docsFile } from '../../src/http/docs-file.ts';
import { newId } from '../../src/ids.ts';
import { type House, openHouse } from './house.ts';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: string[];
  readonly security?: unknown[];
  readonly requestBody?: { readonly content: Record<string, unknown> };
  readonly parameters?: { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly responses: Record<string, { readonly description?: string; readonly $ref?: string }>;
  readonly 'x-roles'?: string[];
}
interface Document {
  readonly openapi: string;
  readonly info: Record<string, unknown>;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Record<string, Record<string, unknown>>;
}

let house: House;
let document: Document;
let operations: { method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  house = await openHouse({ parts: { docsFile } });
  document = (await (await house.ask('GET', '/api/openapi.json')).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});
afterAll(() => house.close());

describe('the document', () => {
  test('is OpenAPI 3.1 in shape', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: 'Inlet', version: '0.0.0' });
    expect(operations.length).toBeGreaterThan(25);
    for (const { path, operation } of operations) {
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path');
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(new Set(declared.map((one) => one.name))).toEqual(new Set(inPath));
      expect(declared.every((one) => one.required === true)).toBe(true);
      expect(Object.keys(operation.responses).every((status) => /^([1-5]\d\d|default)$/.test(status))).toBe(true);
      for (const response of Object.values(operation.responses))
        expect(response.description ?? response.$ref).toBeTruthy();
    }
    const ids = operations.map((one) => one.operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('points only at what it holds', () => {
    const refs = new Set([...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!));
    expect(refs.size).toBeGreaterThan(10);
    for (const ref of refs) {
      const found = ref
        .replace('#/', '')
        .split('/')
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
      expect(found, ref).toBeTypeOf('object');
    }
  });

  test('has every route of the API, each with words, roles or openness, and an answer', () => {
    const routes = house.app.routes.filter((one) => one.method !== 'ALL' && one.path.startsWith('/api/v1/'));
    for (const { method, path } of routes) {
      const written = path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}');
      expect(document.paths[written]?.[method.toLowerCase()], `${method} ${written}`).toBeDefined();
    }
    for (const { method, path, operation } of operations) {
      expect(operation.summary, `${method} ${path}`).toBeTruthy();
      expect(operation.tags?.length, `${method} ${path}`).toBe(1);
      const open = operation.security?.length === 0;
      expect(open === (operation['x-roles'] === undefined), `${method} ${path} is open or says who may`).toBe(true);
    }
  });
});

const ROLES = ['anonymous', 'read key', 'auditor', 'manager', 'head', 'admin'] as const;

test.each(ROLES)('every route as %s', async (role) => {
  const admin = await house.person('admin');
  const body = { name: 'matrix', scope: 'read' };
  const made = await (await house.ask('POST', 'api-keys', { as: admin.token, body })).json();
  const wrong: string[] = [];
  for (const { method, path, operation } of operations) {
    // A session for each: logging out is among the routes.
    const as =
      role === 'anonymous'
        ? {}
        : role === 'read key'
          ? { key: made.secret }
          : { as: (await house.person(role)).token };
    const url = path.replaceAll(/\{\w+\}/g, newId());
    const response = await house.ask(method, url, { ...as, ...(operation.requestBody ? { body: {} } : {}) });
    await response.body?.cancel();
    const expected = expectation(role, method, operation);
    if (!expected(response.status)) wrong.push(`${method} ${path}: ${response.status}`);
  }
  expect(wrong).toEqual([]);
});

function expectation(role: (typeof ROLES)[number], method: string, operation: Operation): (status: number) => boolean {
  const roles = operation['x-roles'];
  if (roles === undefined) return role === 'read key' && method !== 'GET' ? (status) => status === 403 : worked;
  if (role === 'anonymous') return (status) => status === 401;
  if (role === 'read key' && method !== 'GET') return (status) => status === 403;
  const acting = role === 'read key' ? 'auditor' : role;
  if (!roles.includes(acting)) return (status) => status === 403;
  // Not bound to a person: the routes about oneself say so.
  if (role === 'read key') return (status) => worked(status) || status === 403;
  return worked;
}

/**
 * Came past the guard: done, or about an object that is not there, or with a body that says nothing (or no events).
 */
function worked(status: number): boolean {
  return [200, 201, 202, 204, 400, 404, 409, 422, 501].includes(status);
}

test('the page comes whole from here, under a policy that lets it run', async () => {
  const page = await house.ask('GET', '/api/docs');
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(html).not.toMatch(/https?:\/\//);
  expect(html).not.toMatch(/<script>/);
  for (const [, url] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    const file = await house.ask('GET', url!);
    expect(file.status, url).toBe(200);
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
  }
  for (const name of ['package.json', '..%2fpackage.json', '__proto__', 'constructor', 'swagger-ui.js'])
    expect((await house.ask('GET', `/api/docs/${name}`)).status, name).toBe(404);
});
