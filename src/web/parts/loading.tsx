import { Center, Loader, VisuallyHidden } from '@mantine/core';
import { m } from '../paraglide/messages.js';

export function Loading() {
  return (
    <Center mih={240} role="status">
      <Loader size="sm" type="dots" aria-hidden="true" />
      <VisuallyHidden>{m.loading()}</VisuallyHidden>
    </Center>
  );
}
