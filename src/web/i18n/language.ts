import { useSyncExternalStore } from 'react';
import type { Language } from '../api/types.ts';
import { preference, setPreference } from '../app/preferences.ts';
import { getLocale, setLocale } from '../paraglide/runtime.js';

const watchers = new Set<() => void>();

/** Before anybody signs in: what was chosen here last, else what the browser prefers. */
export function guessLanguage(): Language {
  const chosen = preference('language');
  if (chosen === 'en' || chosen === 'ru') return chosen;
  const first = navigator.languages.find((tag) => /^(ru|en)\b/i.test(tag)) ?? 'en';
  return first.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}

export function speak(language: Language): void {
  document.documentElement.lang = language;
  setPreference('language', language);
  if (getLocale() === language && watchers.size === 0) return;
  void setLocale(language, { reload: false });
  for (const tell of watchers) tell();
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => getLocale() as Language,
  );
}
