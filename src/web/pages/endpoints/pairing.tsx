import { encode } from 'uqr';
import type { Health } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { CopyButton } from '../../parts/copy-button.tsx';
import classes from './endpoints.module.css';

/** What links a phone: a code to scan, or one to type. */
export function Pairing({ pairing: { qr, code } }: { pairing: NonNullable<Health['pairing']> }) {
  return (
    <div className={classes.pairing} data-testid="pairing">
      {qr !== undefined && <QrCode text={qr} />}
      <div>
        <h3>{m.pairing_title()}</h3>
        <ol>
          <li>{m.pairing_steps()}</li>
          {qr !== undefined && <li>{m.pairing_scan()}</li>}
          {code !== undefined && <li>{m.pairing_type()}</li>}
        </ol>
        {code !== undefined && (
          <div className={classes.codeLine}>
            <output className={classes.code}>
              {code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code}
            </output>
            <CopyButton text={code} label={m.pairing_copy()} />
          </div>
        )}
      </div>
    </div>
  );
}

/** Drawn here: a code that opens an account goes to no picture service. Dark on light, or phones do not read it. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 2 });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg
      className={classes.qr}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={m.pairing_qr()}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  );
}
