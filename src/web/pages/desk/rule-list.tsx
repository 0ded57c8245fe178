import { ActionIcon, Badge, Button, Switch } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { endpointsQuery, queuesQuery, rulesQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Rule } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { useAction } from '../../parts/use-action.ts';
import { conditionsWords } from './conditions-words.ts';
import classes from './desk.module.css';
import { RuleForm } from './rule-form.tsx';

type Editing = Rule | 'new' | undefined;

const REFRESH = [['rules']];

function put(rule: Rule): Promise<Rule> {
  const { id, ...body } = rule;
  return send<Rule>('PUT', `/rules/${id}`, body);
}

/** Rules in the order in which they are tried: the first that fits decides. */
export function RuleList() {
  const found = useQuery(rulesQuery);
  const [editing, setEditing] = useState<Editing>();
  const rules = found.data ?? [];
  const change = useAction(put, { refresh: REFRESH });
  const reorder = useAction(
    async (order: readonly Rule[]) => {
      for (const [position, rule] of order.entries()) if (rule.position !== position) await put({ ...rule, position });
    },
    { refresh: REFRESH },
  );
  const move = (index: number, step: number): void => {
    const order = [...rules];
    const [moved] = order.splice(index, 1);
    order.splice(index + step, 0, moved!);
    reorder.mutate(order);
  };
  const close = (): void => setEditing(undefined);
  const next = 1 + Math.max(-1, ...rules.map((rule) => rule.position));
  return (
    <>
      <div className={classes.bar}>
        <p className={classes.soft}>{m.rules_intro()}</p>
        <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setEditing('new')}>
          {m.rule_add()}
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.length === 0 && (
        <div className="card">
          <Empty icon={IconRoute} title={m.rules_empty_title()}>
            {m.rules_empty()}
          </Empty>
        </div>
      )}
      {rules.length > 0 && (
        <ol className={`card ${classes.rules}`} data-testid="rule-list">
          {rules.map((rule, index) => (
            <RuleRow
              key={rule.id}
              rule={rule}
              number={index + 1}
              onUp={index === 0 || reorder.isPending ? undefined : () => move(index, -1)}
              onDown={index === rules.length - 1 || reorder.isPending ? undefined : () => move(index, 1)}
              onSwitch={(enabled) => change.mutate({ ...rule, enabled })}
              onEdit={() => setEditing(rule)}
            />
          ))}
        </ol>
      )}
      <Dialog
        opened={editing !== undefined}
        onClose={close}
        size="lg"
        title={editing === 'new' || editing === undefined ? m.rule_add() : editing.name}
      >
        {editing !== undefined && (
          <RuleForm rule={editing === 'new' ? undefined : editing} position={next} onDone={close} />
        )}
      </Dialog>
    </>
  );
}

interface RowProps {
  readonly rule: Rule;
  readonly number: number;
  readonly onUp: (() => void) | undefined;
  readonly onDown: (() => void) | undefined;
  readonly onSwitch: (enabled: boolean) => void;
  readonly onEdit: () => void;
}

function RuleRow({ rule, number, onUp, onDown, onSwitch, onEdit }: RowProps) {
  const { data: queues } = useQuery(queuesQuery);
  const { data: endpoints } = useQuery(endpointsQuery);
  const queue = queues?.find((one) => one.id === rule.queueId)?.name ?? '…';
  return (
    <li className={classes.rule} data-off={!rule.enabled || undefined} data-testid="rule-row">
      <span className={`${classes.number} num`}>{number}</span>
      <div className={classes.ruleWhat}>
        <div className={classes.ruleName}>
          {rule.name}
          {rule.priority > 0 && <Badge color="red">{m.priority_high()}</Badge>}
          {rule.priority < 0 && <Badge color="gray">{m.priority_low()}</Badge>}
        </div>
        <div className={classes.soft}>
          {conditionsWords(rule.conditions, endpoints ?? [])} → <strong>{queue}</strong>
        </div>
      </div>
      <div className={classes.ruleActions}>
        <Switch
          size="sm"
          aria-label={m.rule_enabled({ name: rule.name })}
          checked={rule.enabled}
          onChange={(event) => onSwitch(event.currentTarget.checked)}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={m.move_up({ name: rule.name })}
          disabled={onUp === undefined}
          onClick={onUp}
        >
          <IconArrowUp size={17} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={m.move_down({ name: rule.name })}
          disabled={onDown === undefined}
          onClick={onDown}
        >
          <IconArrowDown size={17} aria-hidden="true" />
        </ActionIcon>
        <Button variant="default" size="xs" onClick={onEdit} aria-label={m.edit_what({ name: rule.name })}>
          {m.edit()}
        </Button>
      </div>
    </li>
  );
}
