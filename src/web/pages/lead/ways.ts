import type { LeadDetail, TimelineMessage, Way } from '../../api/types.ts';

/** An endpoint may be a way to several addresses of the same client. */
export const wayKey = (way: Way): string => `${way.endpoint.id} ${way.identity?.id ?? ''}`;

/** What was chosen before, else the conversation that was used last. */
export function firstWay(lead: LeadDetail): Way | undefined {
  const before = lead.ways.find((way) => way.endpoint.id === lead.draft?.endpointId && !way.blocked);
  return before ?? lead.ways.find((way) => !way.blocked) ?? lead.ways[0];
}

export const windowIsOver = (way: Way, nowMs: number): boolean =>
  way.windowEndsAt !== null && Date.parse(way.windowEndsAt) <= nowMs;

/** "Re: ..." of the newest mail; nothing where it shows masked, for then the mail channel knows it better. */
export function answerSubject(lead: LeadDetail): string {
  const last = lead.timeline.findLast(
    (item): item is TimelineMessage => item.type === 'message' && (item.subject ?? '') !== '',
  )?.subject;
  if (last === undefined || last === null || last.includes('•••')) return '';
  return /^re:/i.test(last) ? last : `Re: ${last}`;
}

export function findMessage(lead: LeadDetail, id: string | null | undefined): TimelineMessage | undefined {
  const found = lead.timeline.find((item) => item.type === 'message' && item.id === id);
  return found?.type === 'message' ? found : undefined;
}
