import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { m } from '../paraglide/messages.js';
import { Empty } from './empty.tsx';

export function NotFound() {
  return (
    <main>
      <Empty
        icon={IconMapOff}
        title={m.not_found_title()}
        order={1}
        action={
          <Button component={Link} to="/" variant="default" mt="sm">
            {m.to_start()}
          </Button>
        }
      />
    </main>
  );
}
