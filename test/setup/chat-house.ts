/** The intake's house with a messenger in it, and what answers through it. */
import type { Actor } from '../../src/access/actor.ts';
import type { ParsedEvent, Sends } from '../../src/channel.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { replay } from '../../src/intake/replay.ts';
import { drainJobs, type JobDeps } from '../../src/jobs/runner.ts';
import { readLead } from '../../src/leads/timeline.ts';
import { type NewReply, type ReplyDeps, reply } from '../../src/replies/reply.ts';
import { type House, type OutcomeRow, openHouse, post } from '../intake/house.ts';
import { type Chat, openChat } from './chat-channel.ts';
import type { TestDatabase } from './database.ts';
import { keyActor } from './fixtures.ts';

export type Told = OutcomeRow & { readonly delivery: string };
type Item = NonNullable<Awaited<ReturnType<typeof readLead>>>['timeline'][number];
export type Shown = Extract<Item, { type: 'message' }>;

export interface ChatHouse extends House {
  readonly chat: Chat;
  readonly line: OpenEndpoint;
  readonly head: Actor;
  readonly jobDeps: JobDeps;
  readonly replyDeps: ReplyDeps;
  /** Each argument is one delivery; they are processed together. */
  readonly hear: (...deliveries: readonly (ParsedEvent | readonly ParsedEvent[])[]) => Promise<Told[]>;
  /** Each argument is one delivery; they are processed one after the other. */
  readonly hearEach: (...deliveries: readonly (ParsedEvent | readonly ParsedEvent[])[]) => Promise<Told[]>;
  readonly replayAll: () => Promise<void>;
  readonly shown: (leadId: string, actor?: Actor) => Promise<Shown[]>;
  readonly answer: (leadId: string, more?: Partial<NewReply>, key?: string, actor?: Actor) => Promise<string>;
  /** Runs every job that is due. */
  readonly run: () => Promise<number>;
  /** Everything that waits for its time is due now. */
  readonly hurry: () => Promise<void>;
  readonly sendOf: (messageId: string) => Promise<SendState | undefined>;
  readonly leadRow: (leadId: string) => Promise<LeadClock>;
}

export interface SendState {
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: number;
}

export interface LeadClock {
  readonly opened_at: Date;
  readonly first_response_at: Date | null;
  readonly unanswered_since: Date | null;
  readonly messages: number;
}

export async function openChatHouse(
  options: {
    readonly sends?: Partial<Sends>;
    readonly settings?: Record<string, unknown>;
    /** Further channels of this house. */
    readonly more?: readonly Chat[];
    /** A migrated database of its own server. */
    readonly database?: TestDatabase;
  } = {},
): Promise<ChatHouse> {
  const chat = openChat('chat', options.sends);
  const channels = [chat, ...(options.more ?? [])].map((one) => one.channel);
  const house = await openHouse(channels, options.database);
  const { sql, vault, clock } = house;
  const line = await house.open(options.settings ?? {}, 'chat');
  const head = keyActor('head');
  const outside = { ...house.deps, fetch };
  const jobDeps: JobDeps = { ...outside, heldHere: () => [], boundChannels: [] };
  const replyDeps: ReplyDeps = { sql, vault, channels };
  const accept = async (one: ParsedEvent | readonly ParsedEvent[]): Promise<string> =>
    (await house.acceptor.accept(line, post(Array.isArray(one) ? one : [one]))).delivery;
  const outcomes = (ids: readonly string[]): Promise<Told[]> =>
    Promise.all(ids.map(async (delivery) => ({ ...(await house.outcomeOf(delivery))!, delivery })));
  return {
    ...house,
    chat,
    line,
    head,
    jobDeps,
    replyDeps,
    hear: async (...deliveries) => {
      const ids: string[] = [];
      for (const one of deliveries) ids.push(await accept(one));
      await drainPending(house.deps);
      return outcomes(ids);
    },
    hearEach: async (...deliveries) => {
      const ids: string[] = [];
      for (const one of deliveries) {
        ids.push(await accept(one));
        await drainPending(house.deps);
      }
      return outcomes(ids);
    },
    replayAll: async () => {
      await replay(house.deps, head, { endpoint: line.id });
      await drainPending(house.deps);
    },
    shown: async (leadId, actor = head) =>
      ((await readLead({ sql, vault }, actor, leadId))?.timeline ?? []).filter((one) => one.type === 'message'),
    answer: async (leadId, more = {}, key, actor = head) =>
      (await reply(replyDeps, actor, leadId, { endpointId: line.id, text: 'Hello!', files: [], ...more }, key))
        .messageId,
    run: () => drainJobs(jobDeps),
    hurry: async () => void (await sql`update jobs set run_at = now() where run_at > now()`),
    sendOf: async (messageId) =>
      (
        await sql<SendState[]>`
          select state, reason, attempts::integer from sends where message_id = ${messageId}`
      )[0],
    leadRow: async (leadId) =>
      (
        await sql<LeadClock[]>`
          select opened_at, first_response_at, unanswered_since, messages from leads where id = ${leadId}`
      )[0]!,
    close: async () => {
      clock.set(undefined);
      await house.close();
    },
  };
}
