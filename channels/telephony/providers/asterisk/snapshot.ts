/**
 * ARI repeats nothing and acknowledges nothing. What is going on when we connect is therefore asked for, and handed in
 * as events of our own making: `InletSeen` (a call that we had not heard of), `InletTalking`, `InletGone`.
 */
import type { Loose } from '../../loose.ts';
import { optional, part, string } from '../../loose.ts';
import type { Ask } from './ari.ts';
import { type Book, becomeInbound, begin, byChannel, type Call, end, join, leave, type Noted, noted } from './book.ts';
import { callerNumber, idOf, isMachinery, linkedIn, phoneOf } from './read-channel.ts';

const MOST_CHANNELS = 2000;
const AT_ONCE = 8;

export interface Going {
  readonly channels: readonly Loose[];
  /** Ids of channels that are in a bridge: they talk, or listen to music. */
  readonly bridged: ReadonlySet<string>;
  /** By channel id. */
  readonly linked: ReadonlyMap<string, string>;
}

export interface Made {
  readonly event: Loose;
  readonly noted: Noted;
}

export async function askWhatGoesOn(ask: Ask, book: Book): Promise<Going> {
  const channels = (await list(ask, '/channels')).slice(0, MOST_CHANNELS);
  const bridges = await list(ask, '/bridges');
  const bridged = new Set(bridges.flatMap((one) => (Array.isArray(one.channels) ? one.channels.map(String) : [])));
  const linked = new Map<string, string>();
  const unknown = channels.filter((one) => byChannel(book, idOf(one)) === undefined);
  for (let at = 0; at < unknown.length; at += AT_ONCE)
    await Promise.all(
      unknown.slice(at, at + AT_ONCE).map(async (channel) => {
        const id = linkedIn(channel) ?? (await askLinked(ask, idOf(channel)));
        if (id !== undefined) linked.set(idOf(channel), id);
      }),
    );
  return { channels, bridged, linked };
}

async function list(ask: Ask, path: string): Promise<Loose[]> {
  const response = await ask('GET', path);
  if (!response.ok) throw new Error(`ARI answered ${response.status} to ${path}`);
  const value: unknown = await response.json();
  return Array.isArray(value) ? value.filter((one): one is Loose => typeof one === 'object' && one !== null) : [];
}

/** `undefined`: the channel has gone in the meantime. */
async function askLinked(ask: Ask, id: string): Promise<string | undefined> {
  const response = await ask('GET', `/channels/${encodeURIComponent(id)}/variable?variable=CHANNEL(linkedid)`);
  if (response.ok) return optional(((await response.json()) as Loose | null)?.value)?.slice(0, 200);
  await response.body?.cancel();
  return undefined;
}

/** Brings the book up to date. What was going on before and after the gap and did not change makes no event. */
export function catchUp(book: Book, { channels, bridged, linked }: Going): Made[] {
  const made = forget(book, new Set(channels.map(idOf)));
  const joined = new Map<string, Loose[]>();
  for (const channel of channels) {
    const id = byChannel(book, idOf(channel))?.id ?? linked.get(idOf(channel)) ?? idOf(channel);
    joined.set(id, [...(joined.get(id) ?? []), channel]);
  }
  for (const [id, members] of joined) {
    const known = book.calls.get(id);
    const people = members.filter((one) => !isMachinery(one));
    const call = known ?? begin(book, id);
    for (const one of members) join(book, call, idOf(one));
    if (known?.direction === undefined) made.push(...see(book, call, people));
    const talking = people.filter((one) => bridged.has(idOf(one)) && string(one.state) === 'Up');
    if (call.answered === true || call.direction === undefined || talking.length < 2) continue;
    call.answered = true;
    const ours = talking.find((one) => phoneOf(one, book.digits) !== undefined) ?? talking[1];
    made.push({ event: { type: 'InletTalking', channel: ours }, noted: noted(call) });
  }
  return made;
}

function forget(book: Book, alive: ReadonlySet<string>): Made[] {
  return [...book.calls.values()].flatMap((call) => {
    for (const id of call.channels)
      if (!alive.has(id)) {
        leave(book, call, id);
      }
    if (call.direction === 'inbound' ? alive.has(call.id) : call.channels.size > 0) return [];
    end(book, call);
    // How it went in the end nobody saw, unless somebody had answered before.
    const outcome = call.answered === true ? { outcome: 'answered' as const } : {};
    const gone = { ...noted(call), ended: true as const, ...outcome };
    return call.direction === undefined
      ? []
      : [{ event: { type: 'InletGone', channel: { id: call.id } }, noted: gone }];
  });
}

function see(book: Book, call: Call, people: readonly Loose[]): Made[] {
  const outside = people.filter((one) => phoneOf(one, book.digits) === undefined);
  const first = people.find((one) => idOf(one) === call.id);
  const client = first !== undefined && outside.includes(first) ? first : outside[0];
  if (client === undefined) {
    if (people.length > 1) call.direction = 'internal';
    return [];
  }
  // An outside channel on its own that is not calling us is one that we call; its Dial was in the gap.
  if (client === first && string(client.state) !== 'Down' && string(client.state) !== 'Ringing')
    becomeInbound(book, call, client);
  else {
    call.direction = 'outbound';
    call.client = callerNumber(client);
    book.dialled.set(idOf(client), { number: call.client });
  }
  return [
    { event: { type: 'InletSeen', channel: { ...client, caller: part(client, 'caller') } }, noted: noted(call) },
  ];
}
