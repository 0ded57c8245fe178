import { Badge } from '@mantine/core';
import type { Call } from '../../api/types.ts';
import { callTitle } from '../../i18n/call-words.ts';
import { elapsed } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { CallClock } from '../../parts/call-clock.tsx';
import classes from './call.module.css';

/** What happened on the telephone: who with whom, how long, on which line. */
export function CallContent({ call }: { call: Call }) {
  const more = moreOf(call);
  return (
    <div data-testid="call" data-state={call.state} data-outcome={call.outcome ?? undefined}>
      <p className={classes.facts}>
        {call.state !== 'ended' && <CallClock call={call} />}
        {factsOf(call).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {more.length > 0 && (
        <ul className={classes.more}>
          {more.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function CallTitle({ call }: { call: Call }) {
  return (
    <>
      <strong>{callTitle(call)}</strong>
      {call.hiddenNumber && (
        <Badge size="sm" color="gray">
          {m.call_hidden()}
        </Badge>
      )}
      {call.endUnknown && (
        <Badge size="sm" color="amber" title={m.call_end_unknown_means()}>
          {m.call_end_unknown()}
        </Badge>
      )}
    </>
  );
}

const extensionWords = (extension: string): string => m.call_extension({ extension });

function factsOf(call: Call): string[] {
  const outbound = call.direction === 'outbound';
  const { person, extension } = call.answeredBy ?? { person: null, extension: null };
  const name = person?.name ?? (extension === null ? undefined : extensionWords(extension));
  const line = [call.lineTitle, call.line].filter((part) => part !== null).join(', ');
  const facts: string[] = [];
  if (name !== undefined) facts.push(outbound ? m.call_who_called({ name }) : m.call_who_answered({ name }));
  if (call.waitSeconds !== null && call.waitSeconds > 0)
    facts.push(m.call_waited({ time: elapsed(call.waitSeconds) }));
  if (call.talkSeconds !== null && call.talkSeconds > 0)
    facts.push(m.call_talked({ time: elapsed(call.talkSeconds) }));
  if (line !== '') facts.push(outbound ? m.call_line_out({ line }) : m.call_line({ line }));
  return facts;
}

function moreOf(call: Call): string[] {
  const lines: string[] = [];
  const rang = call.rang.filter(({ extension }) => extension !== call.answeredBy?.extension || call.rang.length > 1);
  if (call.direction === 'inbound' && rang.length > 0)
    lines.push(
      m.call_rang({ who: rang.map(({ extension, person }) => person?.name ?? extensionWords(extension)).join(', ') }),
    );
  for (const { from, to } of call.transfers)
    lines.push(m.call_transferred({ from: nameIn(call, from), to: nameIn(call, to) }));
  if (call.route !== null) lines.push(routeWords(call.route));
  if (call.cause !== null) lines.push(m.call_cause({ cause: call.cause }));
  return [...new Set(lines)];
}

/** An extension by its person, as far as this call names them. */
function nameIn(call: Call, extension: string | null): string {
  if (extension === null) return m.call_somebody();
  const rang = call.rang.find((one) => one.extension === extension)?.person;
  const spoke = call.answeredBy?.extension === extension ? call.answeredBy.person : null;
  return rang?.name ?? spoke?.name ?? extensionWords(extension);
}

function routeWords({ because, people }: NonNullable<Call['route']>): string {
  const names = people.map(({ name }) => name).join(', ');
  if (because === 'too-slow') return m.call_route_slow();
  if (because === 'default' || names === '') return m.call_route_default();
  return because === 'queue' ? m.call_route_queue({ people: names }) : m.call_route_own({ people: names });
}
