import type { ReactNode } from 'react';
import type { Endpoint } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { CopyButton } from '../../parts/copy-button.tsx';
import classes from './endpoints.module.css';

/** What has to be done on the other side, step by step, with the exact address to copy. */
export function HowTo({ endpoint }: { endpoint: Endpoint }) {
  const steps = stepsOf(endpoint);
  if (steps === undefined) return null;
  return (
    <section className={`card ${classes.box} ${classes.howto}`} aria-label={m.howto_title()} data-testid="how-to">
      <h2>{m.howto_title()}</h2>
      <ol>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps never change their order
          <li key={index}>{step}</li>
        ))}
      </ol>
    </section>
  );
}

function stepsOf(endpoint: Endpoint): ReactNode[] | undefined {
  switch (endpoint.channel) {
    case 'telegram':
      return telegramSteps(endpoint);
    case 'whatsapp-cloud':
      return cloudSteps(endpoint);
    case 'whatsapp-baileys':
      return [m.howto_baileys_1(), m.howto_baileys_2()];
    case 'telephony':
      // That one is listened to: nothing is posted.
      return endpoint.settings.provider === 'asterisk' ? undefined : telephonySteps(endpoint);
    case 'email':
      return emailSteps(endpoint);
    default:
      return undefined;
  }
}

const telegramSteps = (endpoint: Endpoint): ReactNode[] => [
  m.howto_telegram_1(),
  m.howto_telegram_2(),
  ...(endpoint.settings.mode === 'webhook'
    ? [
        <>
          {m.howto_telegram_webhook()}
          <Address endpoint={endpoint} />
        </>,
      ]
    : []),
  m.howto_telegram_3(),
];

const cloudSteps = (endpoint: Endpoint): ReactNode[] => [
  m.howto_cloud_1(),
  <>
    {m.howto_cloud_callback()}:
    <Address endpoint={endpoint} />
  </>,
  m.howto_cloud_2(),
  <>
    {m.howto_cloud_3()} <code>messages</code>, <code>smb_message_echoes</code>
  </>,
  m.howto_cloud_4(),
];

const telephonySteps = (endpoint: Endpoint): ReactNode[] => [
  m.howto_telephony_1(),
  <>
    {m.howto_telephony_2()}
    <Address endpoint={endpoint} />
  </>,
  m.howto_telephony_3(),
  m.howto_telephony_4(),
];

const emailSteps = (endpoint: Endpoint): ReactNode[] => [
  m.howto_email_1(),
  <>
    {m.howto_email_2()}
    <ul>
      <li>{m.howto_email_gmail()}</li>
      <li>{m.howto_email_yandex()}</li>
      <li>{m.howto_email_mailru()}</li>
    </ul>
  </>,
  <>
    {m.howto_email_3()}
    <Address endpoint={endpoint} />
  </>,
];

function Address({ endpoint }: { endpoint: Endpoint }) {
  return (
    <span className={classes.copyLine}>
      <code data-testid="endpoint-address">{endpoint.address}</code>
      <CopyButton text={endpoint.address} label={m.copy_address()} />
    </span>
  );
}
