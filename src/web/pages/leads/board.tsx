import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type DragEvent, useState } from 'react';
import { send } from '../../api/send.ts';
import type { Lead, Stage } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { stageTitle } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { CallBack } from '../../parts/call-back.tsx';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { OnCall } from '../../parts/on-call.tsx';
import { useAction } from '../../parts/use-action.ts';
import { Waits } from '../../parts/waits.tsx';
import { When } from '../../parts/when.tsx';
import classes from './leads.module.css';

interface Move {
  readonly id: string;
  readonly stage: string;
}

/** Open leads in columns; a card is dragged to its next stage, or moved by the menu on it. */
export function Board({ leads, stages }: { leads: readonly Lead[]; stages: readonly Stage[] }) {
  const me = useMe();
  const [over, setOver] = useState<string>();
  const move = useAction(({ id, stage }: Move) => send<Lead | undefined>('PUT', `/leads/${id}/stage`, { stage }), {
    refresh: [['leads']],
  });
  const stageOf = (lead: Lead): string =>
    move.isPending && move.variables.id === lead.id ? move.variables.stage : lead.stage;
  const onDrop = (event: DragEvent, stage: string): void => {
    setOver(undefined);
    const id = event.dataTransfer.getData('text/plain');
    const lead = leads.find((one) => one.id === id);
    if (lead !== undefined && lead.stage !== stage) move.mutate({ id, stage });
  };
  return (
    <div className={classes.board} data-testid="board">
      {stages
        .filter((stage) => stage.kind !== 'lost')
        .map((stage) => {
          const held = leads.filter((lead) => stageOf(lead) === stage.id);
          return (
            <section
              key={stage.id}
              className={classes.column}
              aria-labelledby={`column-${stage.id}`}
              data-over={over === stage.id || undefined}
              onDragOver={(event) => {
                event.preventDefault();
                setOver(stage.id);
              }}
              onDragLeave={() => setOver(undefined)}
              onDrop={(event) => onDrop(event, stage.id)}
            >
              <h2 id={`column-${stage.id}`} className={classes.groupTitle} data-kind={stage.kind}>
                {stageTitle(stages, stage.id)} <span className="num">{held.length}</span>
              </h2>
              {held.map((lead) => (
                <Card
                  key={lead.id}
                  lead={lead}
                  stages={stages}
                  movable={me.role !== 'auditor'}
                  onMove={(to) => move.mutate({ id: lead.id, stage: to })}
                />
              ))}
            </section>
          );
        })}
    </div>
  );
}

interface CardProps {
  readonly lead: Lead;
  readonly stages: readonly Stage[];
  readonly movable: boolean;
  readonly onMove: (stage: string) => void;
}

function Card({ lead, stages, movable, onMove }: CardProps) {
  const name = lead.contact === null ? lead.endpoint.name : (lead.contact.name ?? m.no_name());
  return (
    <article
      className={`card ${classes.leadCard}`}
      draggable={movable}
      onDragStart={(event) => event.dataTransfer.setData('text/plain', lead.id)}
    >
      <div className={classes.cardHead}>
        <Link to="/leads/$id" params={{ id: lead.id }} className={classes.link}>
          {name}
        </Link>
        {movable && (
          <Menu position="bottom-end" shadow="md">
            <Menu.Target>
              <ActionIcon size="sm" variant="subtle" color="gray" aria-label={m.move_lead({ name })}>
                <IconDots size={16} aria-hidden="true" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {stages
                .filter((stage) => stage.kind !== 'lost' && stage.id !== lead.stage)
                .map((stage) => (
                  <Menu.Item key={stage.id} onClick={() => onMove(stage.id)}>
                    {stageTitle(stages, stage.id)}
                  </Menu.Item>
                ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <div className={classes.cardNote}>
        <ChannelIcon channel={lead.channel} size={15} plain />
        <span>{lead.endpoint.name}</span>
      </div>
      <div className={classes.cardMarks}>
        <OnCall state={lead.onCall} />
        <CallBack callback={lead.callback} />
        {lead.callback === null && <Waits since={lead.unansweredSince} />}
      </div>
      <div className={classes.cardNote}>
        <When at={lead.lastMessageAt} relative />
        {lead.owner !== null && <span> · {lead.owner.name}</span>}
      </div>
    </article>
  );
}
