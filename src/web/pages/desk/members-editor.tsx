import { ActionIcon, SegmentedControl, Select } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { peopleQuery } from '../../api/queries.ts';
import type { NewQueue } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './desk.module.css';

type Members = NewQueue['members'];

interface Props {
  readonly members: Members;
  readonly onChange: (members: Members) => void;
}

/** Who works on this queue: the first line at once, seniors when it takes too long. */
export function MembersEditor({ members, onChange }: Props) {
  const { data: people = [] } = useQuery(peopleQuery);
  const others = people.filter((person) => !members.some((member) => member.userId === person.id));
  return (
    <fieldset className={classes.fieldset}>
      <legend>{m.queue_members()}</legend>
      <ul className={classes.members}>
        {members.map((member) => {
          const name = people.find((person) => person.id === member.userId)?.name ?? m.unknown_person();
          return (
            <li key={member.userId}>
              <span>{name}</span>
              <SegmentedControl
                size="xs"
                aria-label={m.line_of({ name })}
                value={member.line}
                onChange={(line) =>
                  onChange(members.map((one) => (one.userId === member.userId ? { ...one, line } : one)))
                }
                data={[
                  { value: 'first', label: m.line_first() },
                  { value: 'senior', label: m.line_senior() },
                ]}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={m.member_remove({ name })}
                onClick={() => onChange(members.filter((one) => one.userId !== member.userId))}
              >
                <IconX size={16} aria-hidden="true" />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      <Select
        aria-label={m.member_add()}
        placeholder={m.member_add()}
        data={others.map((person) => ({ value: person.id, label: person.name }))}
        value={null}
        searchable
        nothingFoundMessage={m.nothing_found()}
        onChange={(userId) => userId !== null && onChange([...members, { userId, line: 'first' }])}
        maw={320}
      />
    </fieldset>
  );
}
