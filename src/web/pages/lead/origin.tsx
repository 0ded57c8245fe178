import type { LeadDetail, TimelineMessage } from '../../api/types.ts';
import { fullTime } from '../../i18n/when.ts';
import { languageName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { Facts } from '../../parts/facts.tsx';
import { shortAddress } from '../../parts/source-summary.ts';
import classes from './lead.module.css';

/** Where the lead came from; and the first touch, when the site remembered an earlier one. */
export function Origin({ lead }: { lead: LeadDetail }) {
  const first = firstTouch(lead.timeline.find((item): item is TimelineMessage => item.type === 'message'));
  return (
    <section className={`card ${classes.fact} ${classes.later}`} aria-label={m.origin()}>
      <h2>{m.origin()}</h2>
      <Facts
        rows={[
          [m.origin_endpoint(), lead.endpoint.name],
          [m.origin_page(), lead.source?.page === undefined ? undefined : shortAddress(lead.source.page)],
          [m.origin_referrer(), lead.source?.referrer === undefined ? undefined : shortAddress(lead.source.referrer)],
          ...utmRows(lead.source?.utm),
          [m.origin_language(), lead.language === null ? undefined : languageName(lead.language)],
        ]}
      />
      {first.length > 0 && (
        <>
          <h3>{m.origin_first_touch()}</h3>
          <Facts rows={first} />
        </>
      )}
    </section>
  );
}

type Row = [string, string | undefined];

const utmRows = (utm: Readonly<Record<string, unknown>> | undefined): Row[] =>
  Object.entries(utm ?? {}).map(([name, value]) => [
    `utm_${name}`,
    typeof value === 'string' && value !== '' ? value : undefined,
  ]);

function firstTouch(message: TimelineMessage | undefined): Row[] {
  const first = message?.source?.firstTouch ?? message?.source?.first;
  if (typeof first !== 'object' || first === null) return [];
  const rows: Row[] = [];
  for (const [name, value] of Object.entries(first)) {
    if (name === 'utm' && typeof value === 'object' && value !== null)
      rows.push(...utmRows(value as Record<string, unknown>));
    else if (typeof value === 'string' && value !== '')
      rows.push([touchName(name), name === 'at' ? fullTime(value) : shortAddress(value)]);
  }
  return rows;
}

const touchName = (name: string): string =>
  ({ page: m.origin_page(), referrer: m.origin_referrer(), at: m.origin_when() })[name] ?? name;
