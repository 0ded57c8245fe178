/**
 * What is wrong with an input, by field, in words of ours. zod's own messages may quote what was sent; these never do,
 * except for the names of fields.
 */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const MAX_FIELDS = 50;
const MAX_NAME = 100;

/**
 * Field -> what is wrong with it. Nested fields are written with dots: `members.0.userId`; the whole body is `body`.
 */
export function fieldsOf(issues: readonly z.core.$ZodIssue[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const issue of issues.slice(0, MAX_FIELDS)) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      for (const key of (issue.keys ?? []).slice(0, MAX_FIELDS))
        fields[nameOf([...path, key])] ??= 'is not known here';
    else fields[nameOf(path)] ??= wordsFor(issue);
  }
  return { ...fields };
}

function nameOf(path: readonly string[]): string {
  const name = path.join('.').toWellFormed().slice(0, MAX_NAME);
  return name === '' ? 'body' : name;
}

function bound(words: string, limit: number | bigint | undefined, origin: string | undefined): string {
  if (origin === 'string') return `must have ${words} ${limit} characters`;
  return origin === 'array' ? `must have ${words} ${limit} entries` : `must be ${words} ${limit}`;
}

/** How zod's own messages begin; anything else was written by the author of the schema. */
const BUILT_IN = /^(Invalid|Too (small|big)|Unrecognized)/;

function wordsFor(issue: Issue): string {
  if (issue.message !== undefined && !BUILT_IN.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`;
  if (issue.code === 'too_small')
    return issue.origin === 'string' && issue.minimum === 1
      ? 'must not be empty'
      : bound('at least', issue.minimum, issue.origin);
  if (issue.code === 'too_big') return bound('at most', issue.maximum, issue.origin);
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_format') return FORMATS[issue.format] ?? 'is not written in the expected form';
  return 'is not acceptable';
}

const FORMATS: Readonly<Record<string, string>> = {
  email: 'must be an e-mail address',
  uuid: 'must be a UUID',
  url: 'must be a web address',
  datetime: 'must be a moment in ISO 8601, such as 2026-01-31T12:00:00Z',
};
