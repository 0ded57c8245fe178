import type { ApiKey } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';

export const SCOPES: readonly ApiKey['scope'][] = ['read', 'write', 'admin'];

export const scopeName = (scope: ApiKey['scope']): string =>
  ({ read: m.scope_read(), write: m.scope_write(), admin: m.scope_admin() })[scope];

export const scopeMeaning = (scope: ApiKey['scope']): string =>
  ({ read: m.scope_read_means(), write: m.scope_write_means(), admin: m.scope_admin_means() })[scope];
