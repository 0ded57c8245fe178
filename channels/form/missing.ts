import type { Composition } from './compose.ts';
import type { SentFile } from './read.ts';
import type { FormSettings } from './settings.ts';
import type { Words } from './words.ts';

/** What the sender still has to fill in: field name (theirs, where they have one) to what to do. */
export function findMissing(
  form: Composition,
  files: readonly SentFile[],
  settings: FormSettings,
  say: Words,
): Record<string, string> {
  const missing = new Map<string, string>();
  if (settings.requireOneOf.length > 0 && !settings.requireOneOf.some((what) => isGiven(what, form))) {
    const names = settings.requireOneOf.map((what) => say[what].toLowerCase()).join(', ');
    for (const what of settings.requireOneOf) {
      const name = form.answers.find(({ meaning }) => meaning === what)?.name ?? what;
      missing.set(name, say.needOne.replace('{names}', names));
    }
  }
  // Only a form of our own drawing promises to know the list of fields.
  if (form.controls.has('_form'))
    for (const field of settings.formFields) {
      const given =
        field.kind === 'file'
          ? files.some((file) => file.field === field.name)
          : form.answers.some(({ name, value }) => name === field.name && value !== '');
      if (field.required && !given) missing.set(field.name, say.required);
    }
  const asksConsent = settings.consentText !== '' && settings.consentRequired && form.tildaId === undefined;
  if (asksConsent && !form.consented)
    missing.set(form.answers.find(({ meaning }) => meaning === 'consent')?.name ?? 'consent', say.consent);
  return Object.fromEntries(missing);
}

function isGiven(what: 'phone' | 'email' | 'name' | 'message', form: Composition): boolean {
  if (what === 'name') return form.name !== '';
  if (what === 'message') return form.text !== '';
  return form.identities.some(({ kind }) => kind === what);
}
