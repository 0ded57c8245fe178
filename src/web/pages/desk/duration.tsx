import { NumberInput } from '@mantine/core';
import { m } from '../../paraglide/messages.js';

interface Props {
  readonly label: string;
  readonly unit: 'seconds' | 'minutes';
  /** In seconds; null: never. */
  readonly value: number | null;
  readonly min?: number;
  readonly onChange: (seconds: number | null) => void;
}

export function Duration({ label, unit, value, min = 0, onChange }: Props) {
  const factor = unit === 'minutes' ? 60 : 1;
  return (
    <NumberInput
      label={label}
      min={min}
      hideControls
      decimalScale={unit === 'minutes' ? 1 : 0}
      placeholder={m.never()}
      suffix={unit === 'minutes' ? m.suffix_minutes() : m.suffix_seconds()}
      value={value === null ? '' : value / factor}
      onChange={(entered) => onChange(entered === '' ? null : Math.round(Number(entered) * factor))}
    />
  );
}
