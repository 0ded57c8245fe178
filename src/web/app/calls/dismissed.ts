import { useState } from 'react';

const KEY = 'inlet-closed-calls';
/** A tab that stays open for weeks forgets the oldest; their calls are long over. */
const MOST = 200;

function read(): string[] {
  try {
    return (sessionStorage.getItem(KEY) ?? '').split(' ').filter((id) => id !== '');
  } catch {
    return [];
  }
}

/** Calls whose card was closed in this tab: their ids, and how to close one more. */
export function useDismissed(): [ReadonlySet<string>, (id: string) => void] {
  const [ids, setIds] = useState<readonly string[]>(read);
  const dismiss = (id: string): void => {
    const next = [...ids, id].slice(-MOST);
    setIds(next);
    try {
      sessionStorage.setItem(KEY, next.join(' '));
    } catch {
      // Without storage it stays closed until the page is left.
    }
  };
  return [new Set(ids), dismiss];
}
