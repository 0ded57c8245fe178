import { Badge } from '@mantine/core';
import type { Channel } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './endpoints.module.css';

type Level = NonNullable<Channel['authenticity']>['of'][string];

const WORDS: Readonly<Record<Level, readonly [name: () => string, means: () => string, color: string]>> = {
  'signed-fresh': [m.genuine_signed_fresh, m.genuine_signed_fresh_means, 'green'],
  signed: [m.genuine_signed, m.genuine_signed_means, 'green'],
  secret: [m.genuine_secret, m.genuine_secret_means, 'tide'],
  address: [m.genuine_address, m.genuine_address_means, 'amber'],
};

interface Props {
  readonly channel: Channel | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How sure we can be that what arrives comes from the provider, where that depends on a setting. */
export function Genuineness({ channel, settings }: Props) {
  const authenticity = channel?.authenticity ?? null;
  if (authenticity === null) return null;
  const level = authenticity.of[String(settings[authenticity.setting])];
  if (level === undefined) return null;
  const [name, means, color] = WORDS[level];
  return (
    <p className={classes.genuine} data-testid="genuineness">
      <Badge color={color}>{name()}</Badge>
      <span>{means()}</span>
    </p>
  );
}
