/** Endpoints: one configured channel of this company each. Their settings are sealed with the endpoint's own key. */
import { type DataKey, type Place, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';

/** The columns that `openEndpoint` needs. */
export interface SealedEndpoint {
  readonly id: string;
  readonly key_wrap: Uint8Array;
  readonly settings: Uint8Array;
}

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
): { readonly key: DataKey; readonly settings: Record<string, unknown> } {
  const key = vault.openKey('endpoint', row.id, row.key_wrap);
  const settings = JSON.parse(unsealText(key, settingsPlace(row.id), row.settings)) as Record<string, unknown>;
  return { key, settings };
}
