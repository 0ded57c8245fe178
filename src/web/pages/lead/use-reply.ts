import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { leadQuery } from '../../api/queries.ts';
import { requestKey } from '../../api/request-key.ts';
import { ApiError, send } from '../../api/send.ts';
import { serverNow } from '../../api/server-clock.ts';
import type { LeadDetail, NewReply, TimelineMessage, Way } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { problemWords } from '../../parts/problem-words.ts';
import { tellNotice } from '../../parts/tell.ts';
import { findMessage } from './ways.ts';

export interface Wanted {
  readonly body: NewReply;
  readonly way: Way;
  /** What it reads like, a filled-in template included. */
  readonly text: string;
  readonly before: () => Promise<void>;
  readonly onFailed: () => void;
}

const UNCERTAIN = new Set([0, 502, 503, 504]);

/**
 * Sends a reply. The same content keeps its key until it is through: asked again after a lost answer, it is still one
 * message; changed in between, it is another one.
 */
export function useReply(lead: LeadDetail) {
  const client = useQueryClient();
  const me = useMe();
  const keys = useRef(new Map<string, string>());
  const { queryKey } = leadQuery(lead.id);
  const put = (change: (timeline: LeadDetail['timeline']) => LeadDetail['timeline']): void => {
    client.setQueryData(queryKey, (now) => now && { ...now, timeline: change(now.timeline) });
  };
  const keyOf = (body: NewReply): string => {
    const content = JSON.stringify(body);
    const key = keys.current.get(content) ?? requestKey();
    keys.current.set(content, key);
    return key;
  };
  return useMutation({
    mutationFn: async ({ body, before }: Wanted) => {
      await before();
      return send<TimelineMessage>('POST', `/leads/${lead.id}/replies`, body, undefined, {
        'Idempotency-Key': keyOf(body),
      });
    },
    retry: (failures, error) => failures < 2 && error instanceof ApiError && UNCERTAIN.has(error.status),
    retryDelay: (failures) => 600 * 2 ** failures,
    onMutate: async (wanted) => {
      await client.cancelQueries({ queryKey });
      const bubble = queuedBubble(lead, me, wanted, keyOf(wanted.body));
      put((timeline) => [...timeline, bubble]);
      return bubble.id;
    },
    onSuccess: (message, { body }, bubble) => {
      keys.current.delete(JSON.stringify(body));
      put((timeline) => [...timeline.filter(({ id }) => id !== bubble && id !== message.id), message]);
    },
    onError: (error, { onFailed }, bubble) => {
      put((timeline) => timeline.filter(({ id }) => id !== bubble));
      tellNotice(problemWords(error), m.reply_not_sent());
      onFailed();
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey });
      void client.invalidateQueries({ queryKey: ['leads'] });
    },
  });
}

/** What the reply looks like until the server has answered. */
function queuedBubble(
  lead: LeadDetail,
  me: { readonly id: string; readonly name: string },
  { body, way, text }: Wanted,
  id: string,
): TimelineMessage {
  const quoted = findMessage(lead, body.quotes);
  return {
    type: 'message',
    id,
    at: new Date(serverNow()).toISOString(),
    kind: 'text',
    direction: 'outbound',
    author: { id: me.id, name: me.name },
    endpoint: { id: way.endpoint.id, name: way.endpoint.name },
    channel: way.endpoint.channel,
    text,
    subject: body.subject ?? null,
    rest: null,
    hasHtml: false,
    fields: [],
    location: null,
    call: null,
    source: null,
    flags: [],
    quoted: quoted === undefined ? null : { id: quoted.id, text: quoted.text },
    incomplete: false,
    editedAt: null,
    before: [],
    deletedAt: null,
    delivery: { state: 'queued', reason: null, at: null },
    attachments: [],
    leadId: lead.id,
  };
}
