import type { FormSettings } from './settings.ts';
import type { Language } from './words.ts';
import { words } from './words.ts';

export interface DrawnField {
  readonly name: string;
  readonly label: string;
  readonly kind: FormSettings['formFields'][number]['kind'];
  readonly required: boolean;
  /** Marked as such for the visitor: neither required nor one of those of which one is asked for. */
  readonly optional: boolean;
}

/** The fields of a form that we draw: the owner's list, else name, phone, email and message. */
export function drawnFields(settings: FormSettings, language: Language): DrawnField[] {
  const only = settings.requireOneOf.length === 1 ? settings.requireOneOf[0] : undefined;
  const list =
    settings.formFields.length > 0
      ? settings.formFields
      : (['name', 'phone', 'email', 'message'] as const).map((kind) => ({
          name: kind,
          label: words[language][kind],
          kind,
          required: false,
        }));
  return list
    .filter((field) => field.kind !== 'file' || settings.maxFiles > 0)
    .map((field) => ({ ...field, required: field.required || field.kind === only }))
    .map((field) => ({
      ...field,
      optional: !field.required && !settings.requireOneOf.some((kind) => kind === field.kind),
    }));
}

/** Where each provider's widget comes from, what its box is called, and its global object. */
export const WIDGETS = {
  turnstile: {
    script: 'https://challenges.cloudflare.com/turnstile/v0/api.js',
    box: 'cf-turnstile',
    global: 'turnstile',
    hosts: ['https://challenges.cloudflare.com'],
  },
  hcaptcha: {
    script: 'https://js.hcaptcha.com/1/api.js',
    box: 'h-captcha',
    global: 'hcaptcha',
    hosts: ['https://hcaptcha.com', 'https://*.hcaptcha.com'],
  },
  recaptcha: {
    script: 'https://www.google.com/recaptcha/api.js',
    box: 'g-recaptcha',
    global: 'grecaptcha',
    hosts: ['https://www.google.com/recaptcha/', 'https://www.gstatic.com/recaptcha/'],
  },
  smartcaptcha: {
    script: 'https://smartcaptcha.yandexcloud.net/captcha.js',
    box: 'smart-captcha',
    global: 'smartCaptcha',
    hosts: ['https://smartcaptcha.yandexcloud.net'],
  },
} as const;
