import type { Way } from '../../api/types.ts';

/** Which of the provider's templates, and its variables in order. */
export interface Chosen {
  readonly index: number;
  readonly variables: readonly string[];
}

export const NOT_CHOSEN: Chosen = { index: -1, variables: [] };

export const variablesOf = (text: string): number => new Set(text.match(/\{\{\d+\}\}/g) ?? []).size;

export function chosenText(way: Way, { index, variables }: Chosen): string {
  const text = way.templates[index]?.text ?? '';
  return text.replaceAll(/\{\{(\d+)\}\}/g, (whole, number: string) => variables[Number(number) - 1] || whole);
}

export function isFilled(way: Way, { index, variables }: Chosen): boolean {
  const template = way.templates[index];
  return (
    template !== undefined &&
    variables.length === variablesOf(template.text) &&
    variables.every((value) => value.trim() !== '')
  );
}
