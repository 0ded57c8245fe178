import { Anchor } from '@mantine/core';
import { IconExternalLink, IconMail, IconMapPin } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { TimelineMessage } from '../../api/types.ts';
import { shortTime } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { useFromNow } from '../../parts/use-now.ts';
import classes from './talk.module.css';

const MailDialog = lazy(async () => ({ default: (await import('./mail-dialog.tsx')).MailDialog }));

export function MessageContent({ message }: { message: TimelineMessage }) {
  const { subject, text, rest } = message;
  return (
    <>
      {message.deletedAt !== null && <p className={classes.remark}>{m.talk_taken_back()}</p>}
      {subject !== null && subject !== '' && <p className={classes.subject}>{subject}</p>}
      {message.quoted !== null && <Quoted quoted={message.quoted} />}
      <Fields fields={message.fields} />
      {text !== null && text !== '' && <p className={classes.text}>{text}</p>}
      {message.incomplete && <p className={classes.remark}>{m.talk_incomplete()}</p>}
      {message.location !== null && <Place location={message.location} />}
      {message.editedAt !== null && <Edited at={message.editedAt} before={message.before} />}
      {rest !== null && rest !== '' && (
        <Fold title={m.talk_show_rest()}>
          <p className={classes.text}>{rest}</p>
        </Fold>
      )}
      {message.hasHtml && <MailButton id={message.id} />}
    </>
  );
}

function Quoted({ quoted }: { quoted: NonNullable<TimelineMessage['quoted']> }) {
  const show = (): void => {
    const found = document.getElementById(`message-${quoted.id}`);
    found?.scrollIntoView({ block: 'center' });
    found?.focus({ preventScroll: true });
  };
  return (
    <button type="button" className={classes.quoted} title={m.talk_go_to_quoted()} onClick={show}>
      {quoted.text ?? m.talk_quoted_gone()}
    </button>
  );
}

function Fields({ fields }: { fields: TimelineMessage['fields'] }) {
  if (fields.length === 0) return null;
  return (
    <dl className={classes.fields}>
      {fields.map((field, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat and the order never changes
        <div key={index}>
          <dt>{field.name}</dt>
          <dd>{field.value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Place({ location }: { location: NonNullable<TimelineMessage['location']> }) {
  const { latitude, longitude, title } = location;
  const at = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return (
    <p className={classes.location}>
      <IconMapPin size={17} aria-hidden="true" />
      <span>
        {title ?? m.talk_place()} <span className="num">({at})</span>{' '}
        <Anchor href={map} target="_blank" rel="noreferrer" inherit underline="always">
          {m.talk_map()} <IconExternalLink size={14} aria-hidden="true" />
        </Anchor>
      </span>
    </p>
  );
}

function Edited({ at, before }: { at: string; before: readonly string[] }) {
  const time = useFromNow((now) => shortTime(at, now));
  return (
    <>
      <p className={classes.remark}>{m.talk_edited({ time })}</p>
      {before.length > 0 && (
        <Fold title={m.talk_earlier_text()}>
          {before.map((text, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: earlier texts never change their order
            <p key={index} className={classes.text}>
              {text}
            </p>
          ))}
        </Fold>
      )}
    </>
  );
}

function Fold({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className={classes.fold}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

function MailButton({ id }: { id: string }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <button type="button" className={classes.mailButton} onClick={() => setOpened(true)}>
        <IconMail size={15} aria-hidden="true" />
        {m.talk_show_mail()}
      </button>
      {opened && (
        <Suspense>
          <MailDialog id={id} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
