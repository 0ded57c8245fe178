/** Small choices of this browser. Nothing about people is ever kept here. */
import { useSyncExternalStore } from 'react';

const DEFAULTS = { sound: 'off', desktop: 'off', leadsView: 'list', language: '' } as const;
type Name = keyof typeof DEFAULTS;

const watchers = new Set<() => void>();
const key = (name: Name): string => `inlet-${name}`;

export function preference(name: Name): string {
  try {
    return localStorage.getItem(key(name)) ?? DEFAULTS[name];
  } catch {
    return DEFAULTS[name];
  }
}

export function setPreference(name: Name, value: string): void {
  try {
    localStorage.setItem(key(name), value);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
  for (const tell of watchers) tell();
}

export function usePreference(name: Name): [string, (value: string) => void] {
  const value = useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => preference(name),
  );
  return [value, (next) => setPreference(name, next)];
}
