import { VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { liveCallsQuery } from '../../api/queries.ts';
import type { LiveCall } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { CallCard } from './call-card.tsx';
import classes from './calls.module.css';
import { callerName, cardTitle } from './card-words.ts';
import { useDismissed } from './dismissed.ts';
import { useRing } from './use-ring.ts';

const MOST_CARDS = 3;
/** Events bring every change at once; this only takes away what has ended. */
const LOOK_MS = 10_000;
const NONE: readonly LiveCall[] = [];

/** Who is calling, over whatever page is open. It takes no focus: somebody may be in the middle of a sentence. */
export function CallCards() {
  const { data = NONE } = useQuery({
    ...liveCallsQuery,
    refetchInterval: ({ state }) => (state.data === undefined || state.data.length === 0 ? false : LOOK_MS),
  });
  const [dismissed, dismiss] = useDismissed();
  const shown = useMemo(
    () =>
      data
        .filter(({ id }) => !dismissed.has(id))
        .toSorted((one, other) => Number(one.state === 'ended') - Number(other.state === 'ended'))
        .slice(0, MOST_CARDS),
    [data, dismissed],
  );
  useRing(shown);
  return (
    <>
      <VisuallyHidden role="status">
        {shown.map((call) => `${cardTitle(call)}: ${callerName(call)}`).join('. ')}
      </VisuallyHidden>
      {shown.length > 0 && (
        <section className={classes.cards} aria-label={m.cards_title()} data-testid="call-cards">
          {shown.map((call) => (
            <CallCard key={call.id} call={call} onClose={() => dismiss(call.id)} />
          ))}
        </section>
      )}
    </>
  );
}
