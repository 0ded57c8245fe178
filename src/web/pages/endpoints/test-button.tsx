import { Button } from '@mantine/core';
import { IconPhoneCall, IconTestPipe } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { ApiError, send } from '../../api/send.ts';
import type { Endpoint, TestOutcome } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { tellNotice } from '../../parts/tell.ts';
import { useAction } from '../../parts/use-action.ts';
import { reasonWords } from '../quarantine/reason-words.ts';
import classes from './endpoints.module.css';

/** A made-up request on the whole way that real ones take, and what became of it. */
export function TestButton({ endpoint }: { endpoint: Endpoint }) {
  const test = useAction(() => send<TestOutcome>('POST', `/endpoints/${endpoint.id}/test`), {
    refresh: [['health'], ['leads']],
    onProblem: (error) => {
      if (!(error instanceof ApiError) || error.status !== 405) return false;
      tellNotice(m.test_none());
      return true;
    },
  });
  const calls = endpoint.channel === 'telephony';
  const Icon = calls ? IconPhoneCall : IconTestPipe;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon size={16} aria-hidden="true" />}
        disabled={endpoint.paused}
        loading={test.isPending}
        onClick={() => test.mutate()}
      >
        {calls ? m.test_button() : m.test_button_form()}
      </Button>
      {test.data !== undefined && <Told outcome={test.data} />}
    </>
  );
}

function Told({ outcome }: { outcome: TestOutcome }) {
  return (
    <p className={classes.testTold} data-outcome={outcome.outcome} data-testid="test-outcome">
      {wordsOf(outcome)} {!outcome.verified && m.test_unverified()}{' '}
      {outcome.lead !== null && (
        <Link to="/leads/$id" params={{ id: outcome.lead }}>
          {m.test_see_lead()}
        </Link>
      )}
    </p>
  );
}

function wordsOf({ outcome, reason }: TestOutcome): string {
  switch (outcome) {
    case 'opened':
      return m.test_opened();
    case 'attached':
      return m.test_attached();
    case 'ignored':
      return m.test_ignored({ reason: reason ?? '' });
    case 'quarantined':
      return m.test_quarantined({ reason: reasonWords(reason ?? '') ?? reason ?? '' });
    case 'pending':
      return m.test_pending();
  }
}
