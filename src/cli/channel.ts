import { channels } from '../../channels/node.ts';
import type { Channel } from '../channel.ts';
import { Rejected } from '../errors.ts';
import * as shapes from '../http/shapes.ts';
import { describeSettings, settingsFromPairs } from '../intake/endpoint-settings.ts';
import { createEndpoint, type Endpoint, listEndpoints } from '../intake/endpoints.ts';
import { checkShape } from './check-shape.ts';
import { defineCommand, needed, PROGRAM, UsageError } from './command.ts';
import { CLI, withHouse } from './open.ts';
import { table } from './table.ts';

/** Settings that the house keeps for every endpoint, whatever its channel. */
const OWN_SETTINGS = {
  defaultCountry: 'of phone numbers without a country code: two capitals, RU by default',
  language: "of the endpoint's own pages where the visitor's is unknown: en or ru",
  ratePerAddress: "requests a minute from one client address; empty: the channel's default, 0: no limit",
  ratePerEndpoint: "requests a minute in all; empty: the channel's default, 0: no limit",
} as const;

const channelNames = channels.map(({ id }) => id).join(', ');

export const channelAdd = defineCommand({
  words: 'channel add',
  summary: 'Make an endpoint: one form, mailbox or bot with an address of its own',
  usage: '<channel> --name <text> [--set <setting>=<value> ...]',
  positionals: [1, 1],
  options: {
    name: { type: 'string', value: 'text', help: 'What colleagues see' },
    set: { type: 'string', multiple: true, value: 'setting=value', help: 'A setting; as often as needed' },
  },
  more: ([named]) => {
    const channel = channels.find(({ id }) => id === named);
    return channel === undefined
      ? `Channels: ${channelNames}. The settings of one: ${PROGRAM} channel add <channel> --help`
      : settingsHelp(channel);
  },
  run: (call, values, [named = '']) => {
    const channel = channels.find(({ id }) => id === named);
    if (channel === undefined)
      throw new UsageError(`There is no channel "${named}". There are: ${channelNames}.`, { channel: 'is not known' });
    const { own, rest } = sortPairs(values.set ?? []);
    const input = checkShape(
      shapes.newEndpoint,
      { channel: channel.id, name: needed(values.name, 'name'), ...own },
      'The endpoint',
    );
    const settings = namingSettings(() => settingsFromPairs(channel, rest));
    return withHouse(call, async ({ deps }) => {
      const made = await createEndpoint(deps, CLI, { ...input, settings }).catch((error: unknown) => {
        throw renamed(error);
      });
      return { json: { id: made.id, key: made.key, address: made.address }, text: describeMade(made) };
    });
  },
});

function settingsHelp(channel: Channel): string {
  const rows = describeSettings(channel).map((field) => [
    `  ${field.name}`,
    field.choices?.join('|') ?? field.kind,
    (field.description ?? field.title).en,
  ]);
  const own = Object.entries(OWN_SETTINGS).map(([name, what]) => [`  ${name}`, '', what]);
  return `Settings of ${channel.id}:\n${table(['', '', ''], [...rows, ...own]).trimStart()}`.replace('\n', '\n  ');
}

function sortPairs(pairs: readonly string[]): { own: Record<string, unknown>; rest: string[] } {
  const own: Record<string, unknown> = {};
  const rest: string[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    if (at < 0 || !Object.hasOwn(OWN_SETTINGS, name)) rest.push(pair);
    else own[name] = ownValue(name, pair.slice(at + 1).trim());
  }
  return { own, rest };
}

function ownValue(name: string, text: string): unknown {
  if (!name.startsWith('rate')) return text;
  if (text === '') return null;
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** The API calls them `settings.captcha`; here they were given as `--set captcha=...`. */
function renamed(error: unknown): unknown {
  if (!(error instanceof Rejected) || error.fields === undefined) return error;
  const fields = Object.entries(error.fields).map(([name, what]) => [name.replace(/^settings\./, ''), what]);
  return new UsageError(error.message, Object.fromEntries(fields) as Record<string, string>);
}

function namingSettings<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw renamed(error);
  }
}

function describeMade(made: Endpoint): string {
  const lines = [`"${made.name}" takes requests at:`, '', `  ${made.address}`, ''];
  if (made.snippet !== null) lines.push('For your site:', '', made.snippet.trimEnd(), '');
  lines.push(`Try it: ${PROGRAM} channel test ${made.id}`);
  return lines.join('\n');
}

export const channelList = defineCommand({
  words: 'channel list',
  summary: 'List the endpoints, and the channels there are',
  usage: '',
  options: {},
  run: (call) =>
    withHouse(call, async ({ deps }) => {
      const all = await listEndpoints(deps, CLI);
      const endpoints = all.map(({ id, channel, name, key, address, paused }) => {
        return { id, channel, name, key, address, paused };
      });
      const rows = endpoints.map((one) => [
        one.id,
        one.channel,
        one.name,
        one.paused ? 'paused' : 'open',
        one.address,
      ]);
      const available = channels.map(({ id, title }) => ({ id, title: title.en }));
      const text = [
        endpoints.length === 0
          ? `There are no endpoints yet. Make one: ${PROGRAM} channel add form --name "Website form"`
          : table(['id', 'channel', 'name', 'state', 'address'], rows),
        '',
        `Channels: ${available.map(({ id, title }) => `${id} (${title})`).join(', ')}`,
      ];
      return { json: { endpoints, channels: available }, text: text.join('\n') };
    }),
});
