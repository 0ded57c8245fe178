/** The demo's people, queues, rules and endpoints, made with the verbs that the web app uses. */
import { randomBytes } from 'node:crypto';
import type { Actor } from '../../access/actor.ts';
import { endSession } from '../../access/sessions.ts';
import { useSetupLink as spendSetupLink } from '../../access/setup.ts';
import { changeUser, inviteUser } from '../../access/users.ts';
import { Conflict } from '../../conflict.ts';
import type { Deps } from '../../deps.ts';
import type { Hours } from '../../hours.ts';
import { createEndpoint, type Endpoint } from '../../intake/endpoints.ts';
import { listQueues, saveQueue, saveRule } from '../../routing/desk-store.ts';
import { CLI } from '../open.ts';
import type { Script, Step } from './requests.ts';

export interface DemoPerson {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Actor['role'];
  readonly password: string;
}

interface Staff {
  readonly name: string;
  readonly role: Actor['role'];
  readonly language: 'en' | 'ru';
}

const STAFF: Readonly<Record<Step['by'] | 'head', Staff>> = {
  head: { name: 'Marina Lebedeva', role: 'head', language: 'ru' },
  anna: { name: 'Anna Sokolova', role: 'manager', language: 'ru' },
  boris: { name: 'Boris Orlov', role: 'manager', language: 'ru' },
  clara: { name: 'Clara Novak', role: 'manager', language: 'en' },
};

export type People = Readonly<Record<keyof typeof STAFF, DemoPerson>>;

export async function hire(deps: Deps): Promise<{ people: People; admin: DemoPerson | undefined }> {
  // The first-admin link ends with the first person of any kind: the demo must not lock its owner out.
  const [someone] = await deps.sql`select from users where role = 'admin' and disabled_at is null limit 1`;
  const owner: Staff = { name: 'Demo Admin', role: 'admin', language: 'en' };
  const admin = someone === undefined ? await add(deps, 'admin', owner) : undefined;
  const made: Partial<Record<keyof typeof STAFF, DemoPerson>> = {};
  for (const [key, staff] of Object.entries(STAFF) as [keyof typeof STAFF, Staff][]) {
    made[key] = await add(deps, key, staff);
    await changeUser(deps, CLI, made[key].id, { onShift: true });
  }
  return { people: made as People, admin };
}

async function add(deps: Deps, key: string, staff: Staff): Promise<DemoPerson> {
  const password = randomBytes(12).toString('base64url');
  const invite = (email: string) => inviteUser(deps, CLI, { email, ...staff });
  const { user, setupToken } = await invite(`${key}@example.com`).catch((error: unknown) => {
    // An earlier demo's people are here already.
    if (error instanceof Conflict) return invite(`${key}-${randomBytes(3).toString('hex')}@example.com`);
    throw error;
  });
  const { token } = await spendSetupLink(deps, { token: setupToken, password });
  await endSession(deps.sql, token);
  return { id: user.id, email: user.email, name: user.name, role: user.role, password };
}

const WEEKDAY = [['09:00', '19:00']] as const;
const HOURS: Hours = {
  timezone: 'Europe/Moscow',
  week: { mon: WEEKDAY, tue: WEEKDAY, wed: WEEKDAY, thu: WEEKDAY, fri: WEEKDAY, sat: [['10:00', '16:00']] },
};

/** Hours for the default queue where it has none, a queue for the large orders, and what leads there. */
export async function furnish({ sql }: Pick<Deps, 'sql'>, { anna, boris }: People): Promise<void> {
  const [sales] = (await listQueues(sql, CLI)).filter((queue) => queue.isDefault);
  if (sales !== undefined && sales.hours === null)
    await saveQueue(sql, CLI, { ...sales, hours: HOURS, seniorAfterSeconds: 900, headAfterSeconds: 3600 }, sales.id);
  const vip = await saveQueue(sql, CLI, {
    name: 'VIP',
    isDefault: false,
    strategy: 'by_hand',
    hours: null,
    offerSeconds: 60,
    ownerFirstSeconds: 900,
    seniorAfterSeconds: 300,
    headAfterSeconds: 900,
    responseSeconds: 600,
    members: [
      { userId: anna.id, line: 'first' },
      { userId: boris.id, line: 'senior' },
    ],
  });
  const rule = { enabled: true, position: 1 };
  await saveRule(sql, CLI, {
    ...rule,
    name: 'Premium campaign',
    conditions: { utm: { campaign: ['premium'] } },
    queueId: vip.id,
    priority: 1,
  });
  if (sales !== undefined)
    await saveRule(sql, CLI, {
      ...rule,
      position: 2,
      name: 'Clients who come back go first',
      conditions: { contact: 'repeat' },
      queueId: sales.id,
      priority: 1,
    });
}

const CONSENT = 'Я согласен на обработку персональных данных. / I agree to the processing of my personal data.';

export async function openEndpoints(deps: Deps): Promise<Record<Script['to'], Endpoint>> {
  const common = { channel: 'form', language: 'ru', defaultCountry: 'RU' } as const;
  return {
    site: await createEndpoint(deps, CLI, {
      ...common,
      name: 'Website form',
      settings: { consentText: CONSENT, title: 'Окна и двери: заявка' },
    }),
    landing: await createEndpoint(deps, CLI, { ...common, name: 'Landing page: windows' }),
    tilda: await createEndpoint(deps, CLI, {
      ...common,
      name: 'Tilda page',
      settings: { apiKey: randomBytes(18).toString('base64url') },
    }),
  };
}
