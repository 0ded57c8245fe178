import '../../app/form-styles.ts';
import { SegmentedControl } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useState } from 'react';
import type { LeadDetail, TimelineMessage } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './composer.module.css';
import { NoteForm } from './note-form.tsx';
import { ReplyForm } from './reply-form.tsx';

type Mode = 'reply' | 'note';

interface Props {
  readonly lead: LeadDetail;
  readonly quoted: TimelineMessage | undefined;
  readonly onQuote: (message: TimelineMessage | undefined) => void;
}

/** Where a manager writes: to the client, or for colleagues. */
export function Composer({ lead, quoted, onQuote }: Props) {
  const [mode, setMode] = useState<Mode>(lead.ways.length > 0 ? 'reply' : 'note');
  if (!lead.mayChange) return lead.mayClaim ? <ClaimFirst /> : null;
  // Whoever asks to quote wants to reply.
  const shown = quoted === undefined ? mode : 'reply';
  const modes = (
    <SegmentedControl
      size="xs"
      aria-label={m.reply_mode()}
      value={shown}
      onChange={(next) => {
        setMode(next as Mode);
        onQuote(undefined);
      }}
      data={[
        { value: 'reply', label: m.reply_reply() },
        { value: 'note', label: m.note_label() },
      ]}
    />
  );
  return (
    <section
      className={`card ${classes.composer}`}
      data-mode={shown}
      aria-label={m.reply_mode()}
      data-testid="composer"
    >
      {/* Hidden rather than taken away: what was typed into one survives a look at the other. */}
      <div hidden={shown !== 'reply'}>
        {lead.mayClaim && lead.owner === null ? (
          <>
            <div className={classes.top}>{shown === 'reply' && modes}</div>
            <p className={classes.nothing}>{m.reply_claim_first()}</p>
          </>
        ) : (
          <ReplyForm lead={lead} quoted={quoted} onQuote={onQuote} modes={shown === 'reply' && modes} />
        )}
      </div>
      <div hidden={shown !== 'note'}>
        <NoteForm leadId={lead.id} modes={shown === 'note' && modes} />
      </div>
    </section>
  );
}

function ClaimFirst() {
  return (
    <p className={`card ${classes.claimFirst}`}>
      <IconLock size={18} aria-hidden="true" />
      {m.reply_claim_first()}
    </p>
  );
}
