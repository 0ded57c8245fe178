import { ActionIcon, Button, Input, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { m } from '../../paraglide/messages.js';
import classes from './endpoints.module.css';
import type { Draft } from './settings-draft.ts';

type Row = Readonly<Record<string, string>>;

/** What stands in the draft as JSON, when it is a list of flat objects with these names and no others. */
export function readRows(value: Draft[string], columns: readonly string[]): Row[] | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const parsed: unknown = value.trim() === '' ? [] : JSON.parse(value);
    return Array.isArray(parsed) && parsed.every((row) => isRow(row, columns)) ? (parsed as Row[]) : undefined;
  } catch {
    return undefined;
  }
}

const isRow = (row: unknown, columns: readonly string[]): boolean =>
  typeof row === 'object' &&
  row !== null &&
  Object.entries(row).every(([name, cell]) => columns.includes(name) && typeof cell === 'string');

const TITLES: Readonly<Record<string, () => string>> = {
  number: m.column_number,
  title: m.column_title,
  source: m.column_source,
  medium: m.column_medium,
  campaign: m.column_campaign,
};

interface Props {
  readonly label: string;
  readonly description: string | undefined;
  readonly error: string | undefined;
  readonly disabled: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly onChange: (value: string) => void;
}

export function RowsField({ columns, rows, onChange, disabled, ...frame }: Props) {
  const write = (next: readonly Row[]): void => onChange(JSON.stringify(next, null, 2));
  // What is empty is not said at all, so that it does not count as a value.
  const set = (at: number, name: string, text: string): void =>
    write(rows.map((row, index) => (index === at ? without({ ...row, [name]: text }, name) : row)));
  return (
    <Input.Wrapper {...frame} labelElement="div">
      {rows.length > 0 && (
        <div className={classes.tableScroll}>
          <table className={classes.rowsTable} aria-label={frame.label}>
            <thead>
              <tr>
                {columns.map((name) => (
                  <th key={name} scope="col">
                    {titleOf(name)}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
                <tr key={at}>
                  {columns.map((name) => (
                    <td key={name}>
                      <TextInput
                        size="xs"
                        aria-label={`${titleOf(name)} ${at + 1}`}
                        disabled={disabled}
                        value={row[name] ?? ''}
                        onChange={(event) => set(at, name, event.currentTarget.value)}
                      />
                    </td>
                  ))}
                  <td>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={m.row_remove({ number: at + 1 })}
                      disabled={disabled}
                      onClick={() => write(rows.filter((_, index) => index !== at))}
                    >
                      <IconTrash size={16} aria-hidden="true" />
                    </ActionIcon>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Button
        mt={6}
        size="compact-sm"
        variant="default"
        leftSection={<IconPlus size={15} aria-hidden="true" />}
        disabled={disabled}
        onClick={() => write([...rows, { [columns[0] ?? '']: '' }])}
      >
        {m.row_add()}
      </Button>
    </Input.Wrapper>
  );
}

const titleOf = (name: string): string => TITLES[name]?.() ?? name;

function without(row: Row, name: string): Row {
  if (row[name] !== '') return row;
  const { [name]: _, ...rest } = row;
  return rest;
}
