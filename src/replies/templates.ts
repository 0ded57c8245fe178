/** Texts that a team uses again and again. Nothing personal is in them: `{{name}}` is filled in when one is used. */
import type { Actor } from '../access/actor.ts';
import { asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { mustBe } from '../access/must-be.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';

export interface NewReplyTemplate {
  readonly name: string;
  readonly language: 'en' | 'ru';
  readonly text: string;
}

export interface ReplyTemplate extends NewReplyTemplate {
  readonly id: string;
  readonly updatedAt: string;
}

interface Row extends NewReplyTemplate {
  readonly id: string;
  readonly updated_at: Date;
}

const view = ({ id, name, language, text, updated_at }: Row): ReplyTemplate => ({
  id,
  name,
  language,
  text,
  updatedAt: updated_at.toISOString(),
});

const notFound = (): Rejected => new Rejected(404, 'There is no such template.');

export async function listTemplates(sql: Sql): Promise<ReplyTemplate[]> {
  const rows = await sql<Row[]>`
    select id, name, language, text, updated_at from reply_templates order by lower(name), id limit 500`;
  return rows.map(view);
}

export async function makeTemplate(sql: Sql, actor: Actor, wanted: NewReplyTemplate): Promise<ReplyTemplate> {
  mustBe(actor, 'admin', 'head');
  return asSystem(sql, async (tx) => {
    const [row] = await tx<Row[]>`
      insert into reply_templates (id, name, language, text, created_by)
      values (${newId()}, ${wanted.name}, ${wanted.language}, ${wanted.text}, ${actor.userId}) returning *`;
    await audit(tx, { actor, action: 'template.made', target: `template:${row!.id}` });
    return view(row!);
  });
}

export async function changeTemplate(
  sql: Sql,
  actor: Actor,
  id: string,
  wanted: NewReplyTemplate,
): Promise<ReplyTemplate> {
  mustBe(actor, 'admin', 'head');
  return asSystem(sql, async (tx) => {
    const [row] = await tx<Row[]>`
      update reply_templates set name = ${wanted.name}, language = ${wanted.language}, text = ${wanted.text},
        updated_at = now()
      where id = ${id} returning *`;
    if (row === undefined) throw notFound();
    await audit(tx, { actor, action: 'template.changed', target: `template:${id}` });
    return view(row);
  });
}

export async function deleteTemplate(sql: Sql, actor: Actor, id: string): Promise<void> {
  mustBe(actor, 'admin', 'head');
  await asSystem(sql, async (tx) => {
    const gone = await tx`delete from reply_templates where id = ${id}`;
    if (gone.count === 0) throw notFound();
    await audit(tx, { actor, action: 'template.deleted', target: `template:${id}` });
  });
}
