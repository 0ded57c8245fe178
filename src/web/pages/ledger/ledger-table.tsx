import { Table } from '@mantine/core';
import { IconAlertTriangle, IconReceiptOff } from '@tabler/icons-react';
import type { Ledger } from '../../api/types.ts';
import { count, dayTitle } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { Empty } from '../../parts/empty.tsx';
import classes from './ledger.module.css';

type Row = Ledger['rows'][number];

/** One line a day and endpoint, the newest day first. */
export function LedgerTable({ rows }: { rows: readonly Row[] }) {
  if (rows.length === 0)
    return (
      <div className="card">
        <Empty icon={IconReceiptOff} title={m.ledger_empty_title()}>
          {m.ledger_empty()}
        </Empty>
      </div>
    );
  const sorted = rows.toSorted(
    (one, other) => other.day.localeCompare(one.day) || one.endpoint.name.localeCompare(other.endpoint.name),
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen must scroll by keyboard too
    <section className={`card ${classes.tableBox}`} aria-label={m.ledger_by_day()} tabIndex={0}>
      <Table verticalSpacing={7} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{m.day_utc()}</Table.Th>
            <Table.Th>{m.endpoint()}</Table.Th>
            <Table.Th ta="right">{m.ledger_received()}</Table.Th>
            <Table.Th ta="right">{m.ledger_opened()}</Table.Th>
            <Table.Th ta="right">{m.ledger_attached()}</Table.Th>
            <Table.Th ta="right">{m.ledger_ignored()}</Table.Th>
            <Table.Th ta="right">{m.ledger_quarantined()}</Table.Th>
            <Table.Th ta="right">{m.ledger_pending()}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.map((row, index) => (
            <Line key={`${row.day} ${row.endpoint.id}`} row={row} firstOfDay={row.day !== sorted[index - 1]?.day} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Line({ row, firstOfDay }: { row: Row; firstOfDay: boolean }) {
  return (
    <Table.Tr className={firstOfDay ? undefined : classes.sameDay}>
      <Table.Td className={classes.day}>{firstOfDay ? dayTitle(row.day) : ''}</Table.Td>
      <Table.Td>
        <span className={classes.endpoint}>
          <ChannelIcon channel={row.endpoint.channel} size={16} plain />
          {row.endpoint.name}
          {!row.balanced && <IconAlertTriangle size={16} role="img" aria-label={m.ledger_unbalanced()} />}
        </span>
      </Table.Td>
      <Amount value={row.received} strong />
      <Amount value={row.opened} />
      <Amount value={row.attached} />
      <Amount value={row.ignored} />
      <Amount value={row.quarantined} alarming />
      <Amount value={row.pending} />
    </Table.Tr>
  );
}

interface AmountProps {
  readonly value: number;
  readonly strong?: boolean;
  readonly alarming?: boolean;
}

function Amount({ value, strong = false, alarming = false }: AmountProps) {
  return (
    <Table.Td
      ta="right"
      className={`num ${value === 0 ? classes.zero : ''} ${alarming && value > 0 ? classes.alarming : ''}`}
      fw={strong ? 600 : undefined}
    >
      {value === 0 ? '–' : count(value)}
    </Table.Td>
  );
}
