/** Endpoints: one configured channel of this company each. Their settings are sealed with the endpoint's own key. */
import { randomInt } from 'node:crypto';
import { type Actor, asSystem, type Tx } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { mustBe } from '../access/must-be.ts';
import type { Channel } from '../channel.ts';
import type { Sql } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { type DataKey, type Place, seal, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { maskSettings, mergeSettings, type Settings } from './endpoint-settings.ts';

/** The columns that `openEndpoint` needs. */
export interface SealedEndpoint {
  readonly id: string;
  readonly key_wrap: Uint8Array;
  readonly settings: Uint8Array;
}

export interface Endpoint {
  readonly id: string;
  readonly channel: string;
  readonly name: string;
  /** The random public key in the address. */
  readonly key: string;
  /** Where to post. */
  readonly address: string;
  /** HTML to paste into a site; null for channels that browsers do not post to. */
  readonly snippet: string | null;
  /** Secrets are masked. */
  readonly settings: Settings;
  readonly defaultCountry: string;
  readonly language: 'en' | 'ru';
  readonly ratePerAddress: number | null;
  readonly ratePerEndpoint: number | null;
  readonly paused: boolean;
  /** Looked for among the newest deliveries only. */
  readonly lastDeliveryAt: Date | null;
  readonly createdAt: Date;
}

export interface NewEndpoint {
  readonly channel: string;
  readonly name: string;
  readonly settings?: Settings | undefined;
  readonly defaultCountry?: string | undefined;
  readonly language?: 'en' | 'ru' | undefined;
  /** Requests a minute; null: the channel's default, 0: no limit. */
  readonly ratePerAddress?: number | null | undefined;
  readonly ratePerEndpoint?: number | null | undefined;
}

export type EndpointChange = {
  readonly [Key in Exclude<keyof NewEndpoint, 'channel'>]?: NewEndpoint[Key] | undefined;
} & { readonly paused?: boolean | undefined };

export type EndpointTools = Pick<Deps, 'sql' | 'vault' | 'channels' | 'config' | 'clock'>;

interface EndpointRow extends SealedEndpoint {
  readonly channel: string;
  readonly key: string;
  readonly name: string;
  readonly default_country: string;
  readonly language: 'en' | 'ru';
  readonly rate_per_address: number | null;
  readonly rate_per_endpoint: number | null;
  readonly paused_at: Date | null;
  readonly created_at: Date;
  readonly last_delivery_at?: Date | null;
}

const KEY_LENGTH = 24; // characters of 62: 142 bits
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** How far back the last delivery of an endpoint is looked for: deliveries have no index by endpoint. */
const RECENT_DELIVERIES = 20_000;

export function settingsPlace(id: string): Place {
  return { table: 'endpoints', column: 'settings', row: id, subject: id };
}

/**
 * The endpoint's data key and its settings as they were given: not yet parsed by the channel's schema, so that the
 * defaults of a newer version of the channel apply.
 *
 * @throws CannotOpen, UnknownMasterKey
 */
export function openEndpoint(
  vault: Pick<Vault, 'openKey'>,
  row: SealedEndpoint,
): { readonly key: DataKey; readonly settings: Settings } {
  const key = vault.openKey('endpoint', row.id, row.key_wrap);
  const settings = JSON.parse(unsealText(key, settingsPlace(row.id), row.settings)) as Settings;
  return { key, settings };
}

function channelOf(tools: Pick<EndpointTools, 'channels'>, id: string): Channel {
  const channel = tools.channels.find((one) => one.id === id);
  if (channel !== undefined) return channel;
  const fields = { channel: `must be one of ${tools.channels.map((one) => one.id).join(', ')}` };
  throw new Rejected(422, 'There is no such channel.', { fields });
}

function sealSettings(key: DataKey, id: string, settings: Settings): Buffer {
  return seal(key, settingsPlace(id), JSON.stringify(settings));
}

const newPublicKey = (): string =>
  Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

export async function createEndpoint(tools: EndpointTools, actor: Actor, input: NewEndpoint): Promise<Endpoint> {
  mustBe(actor, 'admin');
  const channel = channelOf(tools, input.channel);
  const settings = mergeSettings(channel, {}, input.settings ?? {});
  const id = newId();
  const { key, wrapped } = tools.vault.newKey('endpoint', id);
  const publicKey = newPublicKey();
  const { defaultCountry = 'RU', language = 'en', ratePerAddress = null, ratePerEndpoint = null } = input;
  return asSystem(tools.sql, async (tx) => {
    await tx`
      insert into endpoints (id, channel, key, name, settings, key_wrap, default_country, language, rate_per_address,
        rate_per_endpoint, created_at)
      values (${id}, ${channel.id}, ${publicKey}, ${input.name}, ${sealSettings(key, id, settings)}, ${wrapped},
        ${defaultCountry}, ${language}, ${ratePerAddress}, ${ratePerEndpoint}, ${new Date(tools.clock.now())})`;
    const made = await readOne(tools, tx, id);
    await audit(tx, { actor, action: 'endpoint.made', target: `endpoint:${id}`, data: { channel: channel.id } });
    return made;
  });
}

/** Settings that are not named stay as they are; see `mergeSettings`. */
export async function changeEndpoint(
  tools: EndpointTools,
  actor: Actor,
  id: string,
  change: EndpointChange,
): Promise<Endpoint> {
  mustBe(actor, 'admin');
  return asSystem(tools.sql, async (tx) => {
    const [row] = await tx<EndpointRow[]>`select * from endpoints where id = ${id} and deleted_at is null for update`;
    if (row === undefined) throw notFound();
    const opened = openEndpoint(tools.vault, row);
    const settings = mergeSettings(channelOf(tools, row.channel), opened.settings, change.settings ?? {});
    const paused = change.paused ?? row.paused_at !== null;
    // Sealed anew they look changed, and a listener would begin anew for nothing.
    await tx`
      update endpoints set
        name = ${change.name ?? row.name},
        settings = ${change.settings === undefined ? row.settings : sealSettings(opened.key, id, settings)},
        default_country = ${change.defaultCountry ?? row.default_country},
        language = ${change.language ?? row.language},
        rate_per_address = ${change.ratePerAddress === undefined ? row.rate_per_address : change.ratePerAddress},
        rate_per_endpoint = ${change.ratePerEndpoint === undefined ? row.rate_per_endpoint : change.ratePerEndpoint},
        paused_at = ${paused ? (row.paused_at ?? new Date(tools.clock.now())) : null}
      where id = ${id}`;
    const changed = await readOne(tools, tx, id);
    const fields = Object.keys(change).filter((name) => change[name as keyof EndpointChange] !== undefined);
    const data = { fields, settings: Object.keys(change.settings ?? {}).filter((name) => name in settings), paused };
    await audit(tx, { actor, action: 'endpoint.changed', target: `endpoint:${id}`, data });
    return changed;
  });
}

/** How long the old address may go on working after a new key: time to paste the new one everywhere, hours. */
export const MAX_OLD_KEY_HOURS = 7 * 24;

/**
 * A new key, and with it a new address. The old one goes on working for `oldKeyHours` (0: it stops at once), so that no
 * event is lost while the provider is told.
 */
export async function rotateEndpointKey(
  tools: EndpointTools,
  actor: Actor,
  id: string,
  oldKeyHours: number,
): Promise<Endpoint> {
  mustBe(actor, 'admin');
  return asSystem(tools.sql, async (tx) => {
    const [row] = await tx<EndpointRow[]>`select * from endpoints where id = ${id} and deleted_at is null for update`;
    if (row === undefined) throw notFound();
    const until = new Date(tools.clock.now() + oldKeyHours * 3_600_000);
    // A key that was given up for good at an earlier rotation stays given up.
    if (oldKeyHours > 0)
      await tx`insert into endpoint_keys (key, endpoint_id, valid_until) values (${row.key}, ${id}, ${until})`;
    else await tx`delete from endpoint_keys where endpoint_id = ${id}`;
    await tx`update endpoints set key = ${newPublicKey()} where id = ${id}`;
    await audit(tx, { actor, action: 'endpoint.key_rotated', target: `endpoint:${id}`, data: { oldKeyHours } });
    return readOne(tools, tx, id);
  });
}

/** The address stops working; what came in through it stays readable, so the row and its key stay too. */
export async function deleteEndpoint(tools: Pick<Deps, 'sql' | 'clock'>, actor: Actor, id: string): Promise<void> {
  mustBe(actor, 'admin');
  await asSystem(tools.sql, async (tx) => {
    const gone = await tx`update endpoints set deleted_at = ${new Date(tools.clock.now())}
      where id = ${id} and deleted_at is null`;
    if (gone.count === 0) throw notFound();
    await audit(tx, { actor, action: 'endpoint.deleted', target: `endpoint:${id}` });
  });
}

const notFound = (): Rejected => new Rejected(404, 'There is no such endpoint.');

export async function listEndpoints(tools: EndpointTools, actor: Actor): Promise<Endpoint[]> {
  mustBe(actor, 'admin', 'head');
  const rows = await select(tools.sql);
  return rows.map((row) => view(tools, row));
}

export async function readEndpoint(tools: EndpointTools, actor: Actor, id: string): Promise<Endpoint> {
  mustBe(actor, 'admin', 'head');
  return readOne(tools, tools.sql, id);
}

async function readOne(tools: EndpointTools, sql: Sql | Tx, id: string): Promise<Endpoint> {
  const [row] = await select(sql, id);
  if (row === undefined) throw notFound();
  return view(tools, row);
}

function select(sql: Sql | Tx, id?: string): Promise<EndpointRow[]> {
  return sql<EndpointRow[]>`
    with recent as (
      select endpoint_id, max(received_at) as received_at
      from (select endpoint_id, received_at from deliveries order by id desc limit ${RECENT_DELIVERIES}) as newest
      group by endpoint_id
    )
    select e.*, recent.received_at as last_delivery_at
    from endpoints e left join recent on recent.endpoint_id = e.id
    where e.deleted_at is null and (${id ?? null}::uuid is null or e.id = ${id ?? null}::uuid)
    order by e.id`;
}

/** Settings of a channel that this server does not carry (the edge has fewer) are not shown at all. */
function view(tools: EndpointTools, row: EndpointRow): Endpoint {
  const channel = tools.channels.find((one) => one.id === row.channel);
  const address = `${tools.config.publicUrl}/in/${row.channel}/${row.key}`;
  return {
    id: row.id,
    channel: row.channel,
    name: row.name,
    key: row.key,
    address,
    snippet: channel?.capabilities.originsSetting === undefined ? null : snippetFor(address, row.language),
    settings: channel === undefined ? {} : maskSettings(channel, openEndpoint(tools.vault, row).settings),
    defaultCountry: row.default_country,
    language: row.language,
    ratePerAddress: row.rate_per_address,
    ratePerEndpoint: row.rate_per_endpoint,
    paused: row.paused_at !== null,
    lastDeliveryAt: row.last_delivery_at ?? null,
    createdAt: row.created_at,
  };
}

/** Pasted as it stands it is one form: what stands in the comment is for those who have a form already. */
function snippetFor(address: string, language: 'en' | 'ru'): string {
  const url = address.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  const say = SNIPPET_WORDS[language];
  return `<script src="${url}?script" data-form async></script>
<noscript><a href="${url}">${say.open}</a></noscript>

<!-- ${say.own}
<form action="${url}" method="post" accept-charset="utf-8">
  <label>${say.name} <input name="name" autocomplete="name"></label>
  <label>${say.phone} <input name="phone" type="tel" autocomplete="tel"></label>
  <label>${say.message} <textarea name="message"></textarea></label>
  <button>${say.send}</button>
</form>
<script src="${url}?script" async></script>
-->`;
}

const SNIPPET_WORDS = {
  en: {
    open: 'Open the form',
    own: 'Or, with a form of your own, this instead:',
    name: 'Name',
    phone: 'Phone',
    message: 'Message',
    send: 'Send',
  },
  ru: {
    open: 'Открыть форму',
    own: 'Или, если форма у вас своя, вместо этого:',
    name: 'Имя',
    phone: 'Телефон',
    message: 'Сообщение',
    send: 'Отправить',
  },
};
