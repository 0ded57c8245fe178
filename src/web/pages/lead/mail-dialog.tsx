import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ApiError, readText } from '../../api/send.ts';
import { m } from '../../paraglide/messages.js';
import { Dialog } from '../../parts/dialog.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import classes from './talk.module.css';

/** The server's own policy for this page, which a frame made of text would not bring along. */
const POLICY =
  '<meta http-equiv="Content-Security-Policy" ' +
  `content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`;

/** Cleaned by the server, and then shut in: no scripts, no forms, nothing loaded, links into a new tab. */
export function MailDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const mail = useQuery({
    queryKey: ['content', 'mail', id],
    queryFn: ({ signal }) => readText(`/messages/${id}/html`, signal),
    gcTime: 0,
    retry: false,
  });
  const masked = mail.error instanceof ApiError && mail.error.status === 403;
  return (
    <Dialog opened onClose={onClose} title={m.talk_mail_title()} size="xl">
      {mail.isPending && <Loading />}
      {masked && <Text size="sm">{m.talk_mail_reveal()}</Text>}
      {mail.isError && !masked && <Failed error={mail.error} onRetry={() => void mail.refetch()} />}
      {mail.data !== undefined && (
        <>
          <Text size="sm" c="dimmed" mb="xs">
            {m.talk_mail_safe()}
          </Text>
          <iframe
            className={classes.mail}
            title={m.talk_mail_title()}
            sandbox="allow-popups allow-popups-to-escape-sandbox"
            referrerPolicy="no-referrer"
            srcDoc={mail.data.replace('<!doctype html>', `<!doctype html>${POLICY}`)}
            data-testid="mail"
          />
        </>
      )}
    </Dialog>
  );
}
