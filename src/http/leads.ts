/** Leads: the lists, one opened, and what people do with it. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { createEndpointBook, type EndpointBook } from '../intake/endpoint-book.ts';
import { NO_LEAD } from '../leads/change.ts';
import { listLeads, readLeadRow } from '../leads/read.ts';
import { listRecentClaims } from '../leads/recent-claims.ts';
import { addNote, moveToQueue, OtherLeadOpen, setOwner, setStage } from '../leads/stage.ts';
import { readLead, readMessage } from '../leads/timeline.ts';
import { callClient, NO_CALLS, readCallWays } from '../replies/call-ways.ts';
import { readReplyDesk } from '../replies/ways.ts';
import { type Claimed, claim, release } from '../routing/claim.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';
import { body, idParam, query } from './validate.ts';

const TAG = 'Leads';
const claimsQuery = z.object({ queue: shapes.id.optional() });
const WRITERS = ['admin', 'head', 'manager'] as const;

function refused(result: Exclude<Claimed, { kind: 'claimed' } | { kind: 'mine' }>): Response {
  switch (result.kind) {
    case 'invisible':
      return problem(404, { detail: NO_LEAD });
    case 'closed':
      return problem(409, { detail: 'The lead is closed.' });
    case 'held':
      return problem(409, {
        detail: `${result.by.name} holds this lead.`,
        more: { heldBy: result.by, since: result.since.toISOString() },
      });
    case 'offered':
      return problem(409, {
        detail: `The lead is offered to ${result.to.name} until ${result.until.toISOString()}.`,
        more: { offeredTo: result.to, until: result.until.toISOString() },
      });
  }
}

/** The lead as it is now; 204 when the change took it out of this person's sight. */
async function answerLead(deps: Deps, c: Context<AppEnv>, leadId: string) {
  const lead = await readLeadRow(deps, c.get('actor'), leadId);
  return lead === undefined ? c.body(null, 204) : c.json(lead, 200);
}

export function leadRoutes(deps: Deps) {
  const endpoints = createEndpointBook(deps.vault, deps.channels, deps.config, deps.clock);
  return new Hono<AppEnv>()
    .route('/', reading(deps, endpoints))
    .route('/', taking(deps, endpoints))
    .route('/', changing(deps));
}

function reading(deps: Deps, endpoints: EndpointBook) {
  return new Hono<AppEnv>()
    .get(
      '/leads',
      describe({
        summary: 'Leads by status',
        description: 'Waiting: the most urgent, then the oldest first. All others: the newest first.',
        tag: TAG,
        answer: shapes.leadPage,
      }),
      allow(),
      query(shapes.leadQuery),
      async (c) => c.json(await listLeads(deps, c.get('actor'), c.req.valid('query')), 200),
    )
    .get(
      '/claims',
      describe({
        summary: 'Who took what lately',
        description: 'Of the last day.',
        tag: TAG,
        answer: shapes.recentClaims,
      }),
      allow(),
      query(claimsQuery),
      async (c) => {
        const claims = await listRecentClaims(deps.sql, c.get('actor'), c.req.valid('query').queue);
        return c.json({ claims }, 200);
      },
    )
    .get(
      '/leads/:id',
      describe({ summary: 'One lead with its timeline', tag: TAG, answer: shapes.leadDetail }),
      allow(),
      idParam(),
      async (c) => {
        const actor = c.get('actor');
        const lead = await readLead(deps, actor, c.req.valid('param').id);
        if (lead === undefined) return problem(404, { detail: NO_LEAD });
        if (lead.contact === null) return c.json({ ...lead, ways: [], draft: null, calls: NO_CALLS }, 200);
        const contactId = lead.contact.id;
        const [desk, calls] = await Promise.all([
          readReplyDesk(deps, actor, contactId),
          readCallWays({ ...deps, endpoints }, actor, contactId),
        ]);
        return c.json({ ...lead, ...desk, calls }, 200);
      },
    );
}

function taking(deps: Deps, endpoints: EndpointBook) {
  return new Hono<AppEnv>()
    .post(
      '/leads/:id/claim',
      describe({
        summary: 'Take a lead',
        description: 'One wins. Claiming what is already yours is harmless.',
        tag: TAG,
        answer: shapes.lead,
        problems: { 409: 'Somebody else holds it (`heldBy`, `since`), or is being asked first, or it is closed' },
      }),
      allow(...WRITERS),
      idParam(),
      body(shapes.claimBody),
      async (c) => {
        const { id } = c.req.valid('param');
        const result = await claim(deps.sql, c.get('actor'), id, c.req.valid('json').userId);
        if (result.kind !== 'claimed' && result.kind !== 'mine') return refused(result);
        return answerLead(deps, c, id);
      },
    )
    .post(
      '/leads/:id/call',
      describe({
        summary: 'Call the client',
        description: 'The provider rings your extension first, then the client. You need not see the number.',
        tag: TAG,
        status: 202,
        answer: z.object({ started: z.literal(true) }),
        problems: { 409: 'It cannot be done, and why', 502: 'The provider did not answer as expected' },
      }),
      allow(...WRITERS),
      idParam(),
      body(shapes.newCall),
      async (c) => {
        await callClient(
          { ...deps, endpoints, fetch },
          c.get('actor'),
          c.req.valid('param').id,
          c.req.valid('json').endpointId,
        );
        return c.json({ started: true as const }, 202);
      },
    )
    .post(
      '/leads/:id/release',
      describe({
        summary: 'Put a lead back into its queue',
        description: '204 when it left your sight.',
        tag: TAG,
        answer: shapes.lead,
      }),
      allow(...WRITERS),
      idParam(),
      async (c) => {
        const { id } = c.req.valid('param');
        await release(deps.sql, c.get('actor'), id);
        return answerLead(deps, c, id);
      },
    );
}

function changing(deps: Deps) {
  return new Hono<AppEnv>()
    .put(
      '/leads/:id/stage',
      describe({
        summary: 'Move a lead through the pipeline',
        description: 'A won or lost stage closes it, an open one opens it again. Managers: their own leads.',
        tag: TAG,
        answer: shapes.lead,
        problems: { 409: 'The contact has another open lead (`lead`)' },
      }),
      allow(...WRITERS),
      idParam(),
      body(shapes.stageChange),
      async (c) => {
        const { id } = c.req.valid('param');
        const { stage, reason } = c.req.valid('json');
        try {
          await setStage(deps.sql, c.get('actor'), id, stage, reason);
        } catch (error) {
          if (error instanceof OtherLeadOpen)
            return problem(409, { detail: error.message, more: { lead: error.leadId } });
          throw error;
        }
        return answerLead(deps, c, id);
      },
    )
    .put(
      '/leads/:id/owner',
      describe({
        summary: 'Give a lead to somebody, or back to its queue (null)',
        tag: TAG,
        answer: shapes.lead,
      }),
      allow('admin', 'head'),
      idParam(),
      body(shapes.ownerChange),
      async (c) => {
        const { id } = c.req.valid('param');
        await setOwner(deps.sql, c.get('actor'), id, c.req.valid('json').userId);
        return answerLead(deps, c, id);
      },
    )
    .put(
      '/leads/:id/queue',
      describe({
        summary: 'Move a lead to another queue',
        description: 'It keeps its owner. Managers: their own leads.',
        tag: TAG,
        answer: shapes.lead,
      }),
      allow(...WRITERS),
      idParam(),
      body(shapes.queueChange),
      async (c) => {
        const { id } = c.req.valid('param');
        await moveToQueue(deps.sql, c.get('actor'), id, c.req.valid('json').queueId, deps.clock.now());
        return answerLead(deps, c, id);
      },
    )
    .post(
      '/leads/:id/notes',
      describe({ summary: 'Write a note for colleagues', tag: TAG, status: 201, answer: shapes.timelineItem }),
      allow(...WRITERS),
      idParam(),
      body(shapes.newNote),
      async (c) => {
        const { text } = c.req.valid('json');
        const { contactId, messageId } = await addNote(deps, c.get('actor'), c.req.valid('param').id, text);
        const note = await readMessage(deps, c.get('actor'), contactId, messageId);
        if (note === undefined) throw new Rejected(404, NO_LEAD);
        return c.json(note, 201);
      },
    );
}
