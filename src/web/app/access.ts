/** What a role finds in the menu. The API decides for itself what a role may do; this only hides what is of no use. */
import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../api/queries.ts';
import type { Me, Role } from '../api/types.ts';

export type Section =
  | 'queue'
  | 'leads'
  | 'quarantine'
  | 'templates'
  | 'ledger'
  | 'endpoints'
  | 'desk'
  | 'users'
  | 'api-keys';

const OPEN_TO: Readonly<Record<Section, readonly Role[]>> = {
  queue: ['admin', 'head', 'manager'],
  leads: ['admin', 'head', 'manager', 'auditor'],
  quarantine: ['admin', 'head', 'manager', 'auditor'],
  ledger: ['admin', 'head', 'auditor'],
  templates: ['admin', 'head', 'manager'],
  endpoints: ['admin', 'head'],
  desk: ['admin', 'head'],
  users: ['admin', 'head'],
  'api-keys': ['admin'],
};

export const mayOpen = (role: Role, section: Section): boolean => OPEN_TO[section].includes(role);
export const isLeading = (role: Role): boolean => role === 'admin' || role === 'head';

/** The signed-in person. Pages under the shell are only shown to one. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (data === null || data === undefined) throw new Error('nobody is signed in');
  return data;
}
