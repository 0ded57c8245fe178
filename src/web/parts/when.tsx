import { ago, fullTime, shortTime } from '../i18n/when.ts';
import { useFromNow } from './use-now.ts';

/** A moment: the clock time, or how long ago, with the full date on hover. */
export function When({ at, relative = false }: { at: string; relative?: boolean }) {
  const words = useFromNow((now) => (relative ? ago(at, now) : shortTime(at, now)));
  return (
    <time dateTime={at} title={fullTime(at)} className="num">
      {words}
    </time>
  );
}
