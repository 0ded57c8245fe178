import { Badge, Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiKeysQuery, peopleQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { ApiKey, MadeApiKey } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { Secret } from '../../parts/secret.tsx';
import { useAction } from '../../parts/use-action.ts';
import { When } from '../../parts/when.tsx';
import classes from './api-keys.module.css';
import { KeyForm } from './key-form.tsx';
import { scopeName } from './scope-words.ts';

/** Keys with which programs use the API. */
export function ApiKeysPage() {
  const found = useQuery(apiKeysQuery);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<MadeApiKey>();
  return (
    <Page
      title={m.api_keys_title()}
      intro={
        <>
          {m.api_keys_intro()}{' '}
          <a href="/api/docs" target="_blank" rel="noreferrer" className={classes.docs}>
            {m.api_docs()}
          </a>
        </>
      }
      actions={
        <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
          {m.api_key_add()}
        </Button>
      }
    >
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.length === 0 && (
        <div className="card">
          <Empty icon={IconKey} title={m.api_keys_empty_title()}>
            {m.api_keys_empty()}
          </Empty>
        </div>
      )}
      {found.data !== undefined && found.data.length > 0 && (
        <ul className={`card ${classes.rows}`} data-testid="api-key-list">
          {found.data.map((key) => (
            <KeyRow key={key.id} apiKey={key} />
          ))}
        </ul>
      )}
      <Dialog opened={adding} onClose={() => setAdding(false)} title={m.api_key_add()}>
        <KeyForm
          onMade={(key) => {
            setAdding(false);
            setMade(key);
          }}
        />
      </Dialog>
      <Dialog opened={made !== undefined} onClose={() => setMade(undefined)} title={made?.name ?? ''}>
        {made !== undefined && (
          <Secret value={made.secret} label={m.api_key_copy()} testId="api-key-secret">
            {m.api_key_once()}
          </Secret>
        )}
      </Dialog>
    </Page>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const { data: people } = useQuery(peopleQuery);
  const [deleting, setDeleting] = useState(false);
  const remove = useAction(() => send<void>('DELETE', `/api-keys/${apiKey.id}`), {
    refresh: [['apiKeys']],
    onDone: () => setDeleting(false),
  });
  const owner = people?.find((person) => person.id === apiKey.userId)?.name;
  return (
    <li className={classes.row} data-testid="api-key-row">
      <div className={classes.what}>
        <div className={classes.name}>
          {apiKey.name}
          <Badge color={apiKey.scope === 'admin' ? 'red' : 'gray'}>{scopeName(apiKey.scope)}</Badge>
        </div>
        <div className={classes.soft}>
          {owner !== undefined && `${m.api_key_for({ name: owner })} · `}
          {m.created()} <When at={apiKey.createdAt} /> ·{' '}
          {apiKey.lastUsedAt === null ? (
            m.never_used()
          ) : (
            <>
              {m.last_used()} <When at={apiKey.lastUsedAt} relative />
            </>
          )}
        </div>
      </div>
      <Button
        size="xs"
        variant="default"
        aria-label={m.api_key_revoke_what({ name: apiKey.name })}
        onClick={() => setDeleting(true)}
      >
        {m.api_key_revoke()}
      </Button>
      <ConfirmDialog
        opened={deleting}
        title={m.api_key_revoke_title({ name: apiKey.name })}
        button={m.api_key_revoke()}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setDeleting(false)}
      >
        {m.api_key_revoke_means()}
      </ConfirmDialog>
    </li>
  );
}
