/** The installation as commands use it: beside a running server or alone. */
import { channels } from '../../channels/node.ts';
import type { Actor } from '../access/actor.ts';
import { readSettings, type Settings } from '../config.ts';
import type { Deps } from '../deps.ts';
import { type Installation, openInstallation } from '../installation.ts';
import { createEndpointBook } from '../intake/endpoint-book.ts';
import type { ProcessDeps } from '../intake/process.ts';
import { createDeskBook } from '../routing/desk-book.ts';
import type { Call } from './command.ts';

/** Whoever may run commands here can read key and database anyway: the audit knows them as `cli`. */
export const CLI: Actor = { userId: null, role: 'admin', name: 'cli', language: 'en' };

export interface House {
  readonly settings: Settings;
  readonly installation: Installation;
  readonly deps: Deps;
}

/** Where people reach this installation, as far as the settings tell. */
export function publicUrlOf({ publicUrl, host, port }: Pick<Settings, 'publicUrl' | 'host' | 'port'>): string {
  if (publicUrl !== undefined) return publicUrl;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

export async function withHouse<T>(call: Call, work: (house: House) => Promise<T>): Promise<T> {
  const settings = readSettings(call.env);
  const { log } = call;
  const installation = await openInstallation(settings, { max: 3, applicationName: 'inlet command', log });
  const { sql, vault, clock, masterKey } = installation;
  if (masterKey.made)
    call.say(
      `A master key was made: ${masterKey.from}\nKeep a copy of it somewhere else; no backup opens without it.`,
    );
  const config = {
    publicUrl: publicUrlOf(settings),
    trustedProxies: settings.trustedProxies,
    version: settings.version,
  };
  try {
    return await work({ settings, installation, deps: { sql, vault, channels, config, clock, log } });
  } finally {
    await installation.close();
  }
}

/** What this process needs to process deliveries by itself, side by side with a server or alone. */
export function processDepsOf({ sql, vault, channels: known, config, clock, log }: Deps): ProcessDeps {
  const endpoints = createEndpointBook(vault, known, config, clock);
  return { sql, vault, endpoints, desk: createDeskBook(), clock, log };
}
