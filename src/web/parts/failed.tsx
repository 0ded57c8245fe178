import { Button } from '@mantine/core';
import { IconCloudOff } from '@tabler/icons-react';
import { m } from '../paraglide/messages.js';
import { Empty } from './empty.tsx';
import { problemWords } from './problem-words.ts';

interface Props {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** 1 where it stands in place of the whole page. */
  readonly order?: 1 | 2;
}

export function Failed({ error, onRetry, order = 2 }: Props) {
  return (
    <div role="alert">
      <Empty
        icon={IconCloudOff}
        title={m.failed_title()}
        order={order}
        action={
          <Button variant="default" mt="sm" onClick={onRetry ?? (() => location.reload())}>
            {m.try_again()}
          </Button>
        }
      >
        {problemWords(error)}
      </Empty>
    </div>
  );
}
