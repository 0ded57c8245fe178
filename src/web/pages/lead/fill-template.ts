/** What is put into a template by itself. What is not known stays as it is, for the manager to see. */
export interface Filling {
  readonly name: string | null;
  readonly manager: string;
}

export const fillTemplate = (text: string, { name, manager }: Filling): string =>
  text.replaceAll(/\{\{\s*(name|manager)\s*\}\}/g, (whole, gap: string) =>
    gap === 'manager' ? manager : (name ?? whole),
  );

/** Gaps that nobody should send to a client. */
export const unfilled = (text: string): string[] => [
  ...new Set(text.match(/\{\{\s*(?:name|manager|company)\s*\}\}/g) ?? []),
];
