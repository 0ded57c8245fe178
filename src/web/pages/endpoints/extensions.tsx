import '../../app/form-styles.ts';
import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { extensionsQuery, peopleQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Endpoint, Extension, ExtensionChange } from '../../api/types.ts';
import { ago } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { Failed } from '../../parts/failed.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useFromNow } from '../../parts/use-now.ts';
import classes from './endpoints.module.css';

/** Those that calls have shown and that are nobody's yet come first: they are what is left to do. */
const byNeed = (one: Extension, other: Extension): number =>
  Number(one.person !== null) - Number(other.person !== null) ||
  (other.seenAt ?? '').localeCompare(one.seenAt ?? '') ||
  one.extension.localeCompare(other.extension, undefined, { numeric: true });

/** Who of the company is meant when the provider says "102". */
export function Extensions({ endpoint }: { endpoint: Endpoint }) {
  const found = useQuery(extensionsQuery(endpoint.id));
  return (
    <section className={`card ${classes.box}`} aria-label={m.who_title()} data-testid="extensions">
      <h2>{m.who_title()}</h2>
      <p className={classes.soft}>{m.who_means()}</p>
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.length === 0 && <p className={classes.soft}>{m.who_none()}</p>}
      {found.data !== undefined && found.data.length > 0 && (
        <ul className={classes.extensions}>
          {found.data.toSorted(byNeed).map((one) => (
            <Row key={one.extension} endpointId={endpoint.id} one={one} />
          ))}
        </ul>
      )}
      <Add endpointId={endpoint.id} />
    </section>
  );
}

const useSet = (endpointId: string, onDone?: () => void) =>
  useAction((change: ExtensionChange) => send<void>('PUT', `/endpoints/${endpointId}/extensions`, change), {
    refresh: [['extensions', endpointId]],
    ...(onDone === undefined ? {} : { onDone }),
  });

function Row({ endpointId, one }: { endpointId: string; one: Extension }) {
  const { extension, person, seenAt } = one;
  const [dial, setDial] = useState(one.dial ?? '');
  const set = useSet(endpointId);
  const forget = useAction(
    () => send<void>('DELETE', `/endpoints/${endpointId}/extensions?extension=${encodeURIComponent(extension)}`),
    { refresh: [['extensions', endpointId]] },
  );
  const seen = useFromNow((now) => (seenAt === null ? m.who_never_seen() : m.who_seen({ ago: ago(seenAt, now) })));
  return (
    <li className={classes.extension} data-open={person === null || undefined} data-testid="extension">
      <div>
        <strong className="num">{extension}</strong>
        <div className={classes.soft}>{seen}</div>
      </div>
      <People
        label={m.who_person_of({ extension })}
        value={person}
        onChange={(userId) => set.mutate({ extension, userId, dial: dial.trim() })}
      />
      <TextInput
        className={classes.whole}
        aria-label={m.who_dial_of({ extension })}
        title={m.who_dial()}
        placeholder={m.who_dial_hint()}
        maxLength={200}
        value={dial}
        onChange={(event) => setDial(event.currentTarget.value)}
        onBlur={() => {
          if (dial.trim() !== (one.dial ?? ''))
            set.mutate({ extension, userId: person?.id ?? null, dial: dial.trim() });
        }}
      />
      <Tooltip label={m.who_forget({ extension })}>
        <ActionIcon
          className={classes.forget}
          variant="subtle"
          color="gray"
          size={34}
          aria-label={m.who_forget({ extension })}
          loading={forget.isPending}
          onClick={() => forget.mutate()}
        >
          <IconTrash size={17} aria-hidden="true" />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

interface PeopleProps {
  readonly label: string;
  readonly value: Extension['person'];
  readonly onChange: (userId: string | null) => void;
}

function People({ label, value, onChange }: PeopleProps) {
  const { data: people = [] } = useQuery(peopleQuery);
  // Somebody who has left is still whose number it was.
  const known = value === null || people.some(({ id }) => id === value.id) ? people : [value, ...people];
  return (
    <Select
      className={classes.whole}
      aria-label={label}
      placeholder={m.who_choose()}
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
      value={value?.id ?? null}
      searchable
      clearable
      nothingFoundMessage={m.nothing_found()}
      onChange={onChange}
    />
  );
}

function Add({ endpointId }: { endpointId: string }) {
  const { data: people = [] } = useQuery(peopleQuery);
  const [extension, setExtension] = useState('');
  const [userId, setUserId] = useState<string | null>(null);
  const add = useSet(endpointId, () => {
    setExtension('');
    setUserId(null);
  });
  return (
    <form
      className={classes.addExtension}
      onSubmit={(event) => {
        event.preventDefault();
        if (extension.trim() !== '') add.mutate({ extension: extension.trim(), userId });
      }}
    >
      <TextInput
        label={m.who_extension()}
        maxLength={200}
        value={extension}
        onChange={(event) => setExtension(event.currentTarget.value)}
      />
      <Select
        label={m.who_person()}
        placeholder={m.who_choose()}
        data={people.map(({ id, name }) => ({ value: id, label: name }))}
        value={userId}
        searchable
        clearable
        nothingFoundMessage={m.nothing_found()}
        onChange={setUserId}
      />
      <Button
        type="submit"
        variant="default"
        leftSection={<IconPlus size={17} aria-hidden="true" />}
        disabled={extension.trim() === ''}
        loading={add.isPending}
      >
        {m.who_add()}
      </Button>
    </form>
  );
}
