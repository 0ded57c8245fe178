/** accept, for mail that an edge hands in: the endpoint is the one whose mailbox it was sent to. */
import { createHash } from 'node:crypto';
import type { InboundRequest } from '../channel.ts';
import { textColumn } from '../db/columns.ts';
import type { Deps } from '../deps.ts';
import type { Accepted, Acceptor } from './accept.ts';
import type { EndpointBook, OpenEndpoint } from './endpoint-book.ts';

/** What Cloudflare gives an Email Worker, as far as it is needed here. */
export interface EdgeMail {
  /** The envelope's recipient. */
  readonly to: string;
  readonly from: string;
  readonly raw: Uint8Array;
}

export type MailDeps = Pick<Deps, 'sql' | 'channels' | 'clock'> & {
  readonly endpoints: EndpointBook;
  readonly acceptor: Pick<Acceptor, 'accept'>;
};

/** Resolves after the commit. `undefined`: nobody here has this address, or it is paused. */
export async function acceptMail(deps: MailDeps, mail: EdgeMail): Promise<Accepted | undefined> {
  const endpoint = await findMailbox(deps, mail.to);
  if (endpoint === undefined || endpoint.paused) return undefined;
  const request: InboundRequest = {
    method: 'POST',
    url: `/in/${endpoint.channel.id}/${endpoint.context.key}`,
    headers: {
      'content-type': 'message/rfc822',
      'x-inlet-envelope-from': mail.from.slice(0, 320),
      'x-inlet-envelope-to': mail.to.slice(0, 320),
    },
    body: mail.raw,
    address: '',
    receivedAt: new Date(deps.clock.now()),
  };
  // The channel's own key for these bytes: the same mail by another way is the same delivery.
  const repeatKey = `mail:${createHash('sha256').update(mail.raw).digest('hex')}`;
  return deps.acceptor.accept(endpoint, request, repeatKey);
}

/** Addresses stand in sealed settings, and a company has a handful of mailboxes: they are opened one by one. */
async function findMailbox(deps: MailDeps, to: string): Promise<OpenEndpoint | undefined> {
  const settingOf = new Map(
    deps.channels.flatMap(({ id, capabilities: { mailboxSetting } }) =>
      mailboxSetting === undefined ? [] : [[id, mailboxSetting] as const],
    ),
  );
  const rows = await deps.sql<{ id: string }[]>`
    select id from endpoints where deleted_at is null and channel = any(${textColumn([...settingOf.keys()])}::text[])
    order by id limit 200`;
  const wanted = mailbox(to);
  for (const { id } of rows) {
    const endpoint = await deps.endpoints.byId(deps.sql, id);
    const own = endpoint?.context.settings[settingOf.get(endpoint.channel.id) ?? ''];
    if (typeof own === 'string' && mailbox(own) === wanted) return endpoint;
  }
  return undefined;
}

/** `Sales+token@Example.com` is `sales@example.com`. */
function mailbox(address: string): string {
  const lower = address.trim().toLowerCase();
  const at = lower.lastIndexOf('@');
  return `${lower.slice(0, at).replace(/\+.*$/, '')}${lower.slice(at)}`;
}
