/** Whose turn is it? Pure: the tick asks it for every waiting lead, and tests ask it for thousands. */

export interface Member {
  readonly userId: string;
  readonly line: 'first' | 'senior';
  /** When they were last offered a lead of this queue, ms; `null`: never. */
  readonly lastOfferedAtMs: number | null;
  /** Offers that they have not answered yet, in any queue. */
  readonly unanswered: number;
}

export interface Waiting {
  readonly leadId: string;
  readonly queueId: string;
  /** Seniors have been asked in from here on, ms; `null`: never. */
  readonly seniorAtMs: number | null;
  /** People who were asked and did not answer, or gave the lead back. */
  readonly missed: ReadonlySet<string>;
}

export interface Offer {
  readonly leadId: string;
  readonly queueId: string;
  readonly userId: string;
}

/**
 * Nobody is buried: with so many unanswered offers a person gets no further one. A backlog that meets the first person
 * on shift would otherwise go to them whole, run out at once, and count as missed.
 */
export const UNANSWERED_AT_MOST = 3;

/**
 * The one who has waited longest for a turn. A lead that waited past `seniorAtMs` goes to seniors first: the line had
 * its chance. A missed offer costs the turn; a lead that somebody claims by hand, or that goes to its own manager
 * first, costs nobody's. Coming back from holidays brings one turn, not all those that were missed.
 */
export function choose(lead: Waiting, members: readonly Member[], nowMs: number): Member | undefined {
  const escalated = lead.seniorAtMs !== null && lead.seniorAtMs <= nowMs;
  return members
    .filter((one) => (one.line === 'first' || escalated) && one.unanswered < UNANSWERED_AT_MOST)
    .filter((one) => !lead.missed.has(one.userId))
    .sort((a, b) => (escalated ? rank(b) - rank(a) : 0) || turn(a) - turn(b) || (a.userId < b.userId ? -1 : 1))[0];
}

const rank = (member: Member): number => (member.line === 'senior' ? 1 : 0);
const turn = (member: Member): number => member.lastOfferedAtMs ?? Number.NEGATIVE_INFINITY;

/**
 * Leads in the order given (the most urgent, then the oldest first), each to whose turn it is; an offer takes the turn
 * at once, also within one tick, and counts as unanswered in every queue of that person.
 */
export function chooseAll(
  leads: readonly Waiting[],
  membersOf: ReadonlyMap<string, readonly Member[]>,
  nowMs: number,
): Offer[] {
  const line = new Map([...membersOf].map(([queueId, members]) => [queueId, members.map((one) => ({ ...one }))]));
  const everybody = Map.groupBy([...line.values()].flat(), (one) => one.userId);
  const offers: Offer[] = [];
  for (const [index, lead] of leads.entries()) {
    const chosen = choose(lead, line.get(lead.queueId) ?? [], nowMs);
    if (chosen === undefined) continue;
    offers.push({ leadId: lead.leadId, queueId: lead.queueId, userId: chosen.userId });
    // A hair apart, so that two offers of one tick keep their order.
    Object.assign(chosen, { lastOfferedAtMs: nowMs + index / (leads.length + 1) });
    for (const same of everybody.get(chosen.userId) ?? []) Object.assign(same, { unanswered: same.unanswered + 1 });
  }
  return offers;
}
