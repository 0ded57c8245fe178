/** The sales desk as the deciding code sees it: endpoints, queues, people and rules, all in memory. */
import type { Hours } from '../hours.ts';

export interface Queue {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly strategy: 'by_hand' | 'round_robin';
  readonly hours: Hours | null;
  readonly offerSeconds: number;
  readonly ownerFirstSeconds: number;
  readonly seniorAfterSeconds: number | null;
  readonly headAfterSeconds: number | null;
  /** Within so many open seconds a missed call has to be called back. */
  readonly responseSeconds: number;
}

/** Every condition that is present must hold; a list holds when one of its values does. */
export interface Conditions {
  readonly channels?: readonly string[];
  readonly endpoints?: readonly string[];
  /** UTM values, compared without case: `{ "source": ["vk", "yandex"] }`. */
  readonly utm?: Readonly<Partial<Record<'source' | 'medium' | 'campaign' | 'term' | 'content', readonly string[]>>>;
  /** The page's address contains one of these, without case. */
  readonly pages?: readonly string[];
  readonly languages?: readonly string[];
  readonly contact?: 'new' | 'repeat';
  /** By the hours of the rule's own queue. */
  readonly hours?: 'open' | 'closed';
}

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly conditions: Conditions;
  readonly queueId: string;
  readonly priority: number;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: 'admin' | 'head' | 'manager' | 'auditor';
}

export interface Desk {
  readonly version: number;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly defaultQueueId: string;
  /** In the order they are tried; disabled ones are left out. */
  readonly rules: readonly Rule[];
  /** People who may log in. */
  readonly people: ReadonlyMap<string, Person>;
}
