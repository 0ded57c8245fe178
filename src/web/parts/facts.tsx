import classes from './parts.module.css';

interface Props {
  readonly rows: readonly (readonly [string, string | undefined])[];
}

/** Names and values; what has no value is left out. */
export function Facts({ rows }: Props) {
  return (
    <dl className={classes.facts}>
      {rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
