import { Badge, Button, Text, Tooltip } from '@mantine/core';
import { IconEye, IconEyeOff, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { contactQuery, stagesQuery } from '../../api/queries.ts';
import type { Contact, LeadDetail, Revealed } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { identityKind, languageName, stageTitle, trustMeaning, trustName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { When } from '../../parts/when.tsx';
import classes from './lead.module.css';
import { RevealForm } from './reveal-form.tsx';

/** Who it is. Phone and e-mail stay masked until somebody asks for them, and says why. */
export function ContactCard({ lead }: { lead: LeadDetail }) {
  if (lead.contact === null)
    return (
      <section className={`card ${classes.fact}`} aria-label={m.contact()}>
        <h2>{m.contact()}</h2>
        <div className={classes.locked}>
          <IconLock size={18} aria-hidden="true" />
          {m.contact_after_claim()}
        </div>
      </section>
    );
  return <KnownContact lead={lead} id={lead.contact.id} />;
}

function KnownContact({ lead, id }: { lead: LeadDetail; id: string }) {
  const me = useMe();
  const { data: contact } = useQuery({ ...contactQuery(id), enabled: me.role !== 'auditor' });
  const [revealed, setRevealed] = useState<Revealed>();
  const [asking, setAsking] = useState(false);
  return (
    <section className={`card ${classes.fact}`} aria-label={m.contact()} data-testid="contact-card">
      <h2>{m.contact()}</h2>
      <Text fw={600}>{lead.contact?.name ?? m.no_name()}</Text>
      {contact !== undefined && contact.language !== null && (
        <Text size="sm" c="dimmed">
          {languageName(contact.language)}
        </Text>
      )}
      <Identities identities={contact?.identities ?? masked(lead)} revealed={revealed} />
      {me.role !== 'auditor' && lead.mayChange && (
        <div className={classes.revealLine}>
          {revealed === undefined ? (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconEye size={16} aria-hidden="true" />}
              onClick={() => setAsking(true)}
            >
              {m.reveal()}
            </Button>
          ) : (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconEyeOff size={16} aria-hidden="true" />}
              onClick={() => setRevealed(undefined)}
            >
              {m.conceal()}
            </Button>
          )}
          {revealed !== undefined && (
            <span className={classes.soft} data-testid="reveals-left">
              {m.reveals_left({ count: revealed.revealsLeftThisHour })}
            </span>
          )}
        </div>
      )}
      {contact !== undefined && <OtherLeads contact={contact} except={lead.id} />}
      <Dialog opened={asking} onClose={() => setAsking(false)} title={m.reveal_title()}>
        <RevealForm
          contactId={id}
          onRevealed={(answer) => {
            setRevealed(answer);
            setAsking(false);
          }}
        />
      </Dialog>
    </section>
  );
}

type Shown = Pick<Contact['identities'][number], 'kind' | 'value'> & Partial<Contact['identities'][number]>;

function masked(lead: LeadDetail): Shown[] {
  const { phone, email } = lead.contact ?? { phone: null, email: null };
  return [
    { kind: 'phone', value: phone },
    { kind: 'email', value: email },
  ].filter((identity): identity is Shown => identity.value !== null);
}

function Identities({ identities, revealed }: { identities: readonly Shown[]; revealed: Revealed | undefined }) {
  if (revealed !== undefined)
    return (
      <ul className={classes.identities} data-testid="revealed">
        {revealed.identities.map((identity) => (
          <li key={`${identity.kind} ${identity.value}`}>
            <span className={classes.identityKind}>{identityKind(identity.kind)}</span>
            <span className={`${classes.identityValue} num`}>
              <Reach kind={identity.kind} value={identity.value} />
              <CopyButton icon text={identity.value} label={m.copy_value({ what: identityKind(identity.kind) })} />
            </span>
          </li>
        ))}
      </ul>
    );
  return (
    <ul className={classes.identities}>
      {identities.map((identity) => (
        <li key={`${identity.kind} ${identity.value}`}>
          <span className={classes.identityKind}>{identityKind(identity.kind)}</span>
          <span className={`${classes.identityValue} num`}>{identity.value}</span>
          {identity.trust !== undefined && (
            <Tooltip label={trustMeaning(identity.trust)} multiline w={240}>
              <Badge size="xs" color={identity.trust === 'claimed' ? 'gray' : 'green'}>
                {trustName(identity.trust)}
              </Badge>
            </Tooltip>
          )}
        </li>
      ))}
    </ul>
  );
}

function Reach({ kind, value }: { kind: string; value: string }) {
  if (kind === 'phone') return <a href={`tel:${value.replace(/[^+\d]/g, '')}`}>{value}</a>;
  if (kind === 'email') return <a href={`mailto:${encodeURIComponent(value).replace('%40', '@')}`}>{value}</a>;
  return value;
}

function OtherLeads({ contact, except }: { contact: Contact; except: string }) {
  const { data: stages } = useQuery(stagesQuery);
  const others = contact.leads.filter((lead) => lead.id !== except);
  if (others.length === 0) return null;
  return (
    <div className={classes.others}>
      <h3>{m.earlier_leads()}</h3>
      <ul>
        {others.map((lead) => (
          <li key={lead.id}>
            <Link to="/leads/$id" params={{ id: lead.id }}>
              {stageTitle(stages, lead.stage)}
            </Link>
            <span className={classes.soft}>
              <When at={lead.openedAt} />
              {lead.owner === null ? '' : ` · ${lead.owner.name}`}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
