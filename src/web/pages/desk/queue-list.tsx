import { Badge, Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { peopleQuery, queuesQuery } from '../../api/queries.ts';
import type { Queue } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { Age } from '../../parts/age.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import classes from './desk.module.css';
import { hoursWords } from './hours-words.ts';
import { QueueForm } from './queue-form.tsx';

type Editing = Queue | 'new' | undefined;

export function QueueList() {
  const found = useQuery(queuesQuery);
  const [editing, setEditing] = useState<Editing>();
  const close = (): void => setEditing(undefined);
  return (
    <>
      <div className={classes.bar}>
        <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setEditing('new')}>
          {m.queue_add()}
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      <div className={classes.cards}>
        {found.data?.map((queue) => (
          <QueueCard key={queue.id} queue={queue} onEdit={() => setEditing(queue)} />
        ))}
      </div>
      <Dialog
        opened={editing !== undefined}
        onClose={close}
        size="lg"
        title={editing === 'new' || editing === undefined ? m.queue_add() : editing.name}
      >
        {editing !== undefined && <QueueForm queue={editing === 'new' ? undefined : editing} onDone={close} />}
      </Dialog>
    </>
  );
}

function QueueCard({ queue, onEdit }: { queue: Queue; onEdit: () => void }) {
  const { data: people } = useQuery(peopleQuery);
  const names = queue.members.map((member) => people?.find((one) => one.id === member.userId)?.name ?? '…');
  return (
    <section className={`card ${classes.queueCard}`} aria-label={queue.name} data-testid="queue-card">
      <div className={classes.cardHead}>
        <h2>{queue.name}</h2>
        {queue.isDefault && <Badge>{m.queue_default()}</Badge>}
      </div>
      <dl className={classes.cardFacts}>
        <div>
          <dt>{m.queue_waiting()}</dt>
          <dd>
            <span className="num">{queue.waiting}</span>
            {queue.oldestWaitingAt !== null && <Age since={queue.oldestWaitingAt} />}
          </dd>
        </div>
        <div>
          <dt>{m.queue_strategy()}</dt>
          <dd>{queue.strategy === 'by_hand' ? m.strategy_by_hand() : m.strategy_round_robin()}</dd>
        </div>
        <div>
          <dt>{m.queue_hours()}</dt>
          <dd>{hoursWords(queue.hours)}</dd>
        </div>
        <div>
          <dt>{m.queue_members()}</dt>
          <dd>{names.length === 0 ? m.queue_no_members() : names.join(', ')}</dd>
        </div>
      </dl>
      <Button variant="default" size="xs" onClick={onEdit} aria-label={m.edit_what({ name: queue.name })}>
        {m.edit()}
      </Button>
    </section>
  );
}
