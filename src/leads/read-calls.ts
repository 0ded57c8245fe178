/** Calls as a lead's timeline shows them. Row-level security decides which; nothing here identifies the client. */
import type { Tx } from '../access/actor.ts';
import { personOf } from '../contacts/read.ts';
import { plainColumn } from '../db/columns.ts';

export interface CallDetail {
  readonly line?: string;
  readonly lineTitle?: string;
  readonly rang?: readonly string[];
  /** The extension of whoever talked last. */
  readonly answeredBy?: string;
  readonly transfers?: readonly { readonly from: string | null; readonly to: string | null }[];
  readonly hiddenNumber?: true;
  readonly cause?: string;
  readonly endUnknown?: true;
}

/** Why a ringing call went to whom it went. */
export type RouteReason = 'own-manager' | 'queue' | 'default' | 'too-slow';

interface CallRow {
  readonly id: string;
  readonly messageId: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly state: 'ringing' | 'talking' | 'ended';
  readonly outcome: Outcome | null;
  readonly startedAt: Date;
  readonly answeredAt: Date | null;
  readonly endedAt: Date | null;
  readonly waitSeconds: number | null;
  readonly talkSeconds: number | null;
  readonly answeredBy: string | null;
  readonly answeredName: string | null;
  readonly detail: CallDetail;
  readonly routedAt: Date | null;
  readonly because: { readonly reason: RouteReason } | null;
  readonly tookMs: number | null;
  readonly people: { readonly id: string; readonly name: string }[] | null;
  readonly names: { readonly extension: string; readonly id: string; readonly name: string }[] | null;
}

type Outcome = 'answered' | 'voicemail' | 'blocked' | 'declined' | 'busy' | 'missed' | 'cancelled' | 'failed';

/** By message. */
export async function readCalls(tx: Tx, messageIds: readonly string[]): Promise<Map<string, CallItem>> {
  if (messageIds.length === 0) return new Map();
  const rows = await tx<CallRow[]>`
    select c.id, c.message_id as "messageId", c.direction, c.state, c.outcome,
      c.started_at as "startedAt", c.answered_at as "answeredAt", c.ended_at as "endedAt",
      c.wait_seconds as "waitSeconds", c.talk_seconds as "talkSeconds", c.answered_by as "answeredBy",
      u.name as "answeredName", c.detail, r.at as "routedAt", r.because, r.took_ms as "tookMs",
      (select json_agg(json_build_object('id', p.id, 'name', p.name))
        from users p where p.id = any(r.people)) as people,
      (select json_agg(json_build_object('extension', e.extension, 'id', p.id, 'name', p.name))
        from extensions e join users p on p.id = e.user_id
        where e.endpoint_id = c.endpoint_id and c.detail -> 'rang' ? e.extension) as names
    from calls c left join users u on u.id = c.answered_by left join call_routes r on r.call_id = c.id
    where c.message_id = any(${plainColumn(messageIds)}::uuid[])`;
  return new Map(rows.map((row) => [row.messageId, callItem(row)]));
}

export type CallItem = ReturnType<typeof callItem>;

function callItem(row: CallRow) {
  const { detail } = row;
  const names = new Map((row.names ?? []).map(({ extension, id, name }) => [extension, { id, name }]));
  const person = personOf(row.answeredBy, row.answeredName);
  return {
    id: row.id,
    direction: row.direction,
    state: row.state,
    outcome: row.outcome,
    startedAt: row.startedAt.toISOString(),
    answeredAt: row.answeredAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    waitSeconds: row.waitSeconds,
    talkSeconds: row.talkSeconds,
    line: detail.line ?? null,
    lineTitle: detail.lineTitle ?? null,
    rang: (detail.rang ?? []).map((extension) => ({ extension, person: names.get(extension) ?? null })),
    answeredBy:
      detail.answeredBy === undefined && person === null ? null : { extension: detail.answeredBy ?? null, person },
    transfers: (detail.transfers ?? []).map(({ from, to }) => ({ from, to })),
    hiddenNumber: detail.hiddenNumber === true,
    cause: detail.cause ?? null,
    endUnknown: detail.endUnknown === true,
    route:
      row.routedAt === null || row.because === null
        ? null
        : {
            because: row.because.reason,
            people: row.people ?? [],
            at: row.routedAt.toISOString(),
            tookMs: row.tookMs ?? 0,
          },
  };
}
