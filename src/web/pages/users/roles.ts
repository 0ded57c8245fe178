import type { Role } from '../../api/types.ts';

export const ROLES: readonly Role[] = ['manager', 'head', 'admin', 'auditor'];
