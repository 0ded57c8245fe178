import { z } from 'zod';

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Documents and pictures that a content check can tell for sure. Plain text and CSV have no signature: not here. */
const SAFE_FILE_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/heic',
  'image/avif',
  'application/pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.oasis.opendocument.text',
];

/** Types that a browser runs as a page when it opens them: refused whatever the setting says. */
const ACTIVE_TYPE = /svg|html|xml$|javascript|ecmascript/;

const isOrigin = (value: string): boolean =>
  /^https?:\/\//i.test(value) && URL.canParse(value) && new URL(value).origin === value.toLowerCase();

const isWebAddress = (value: string): boolean => {
  if (!/^https?:\/\/[^\s\\]+$/i.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.username === '' && url.password === '';
};

const text = (max: number, title: string, description: string) =>
  z.string().max(max).default('').meta({ title, description });

const webAddress = z.string().max(2000).refine(isWebAddress, 'An http or https address without user name');

const formField = z.object({
  name: z
    .string()
    .regex(/^[^\s[\]"'<>&=]{1,100}$/u, 'Up to 100 characters, no spaces, quotes or brackets')
    .meta({ title: 'Name', description: 'The name under which the answer is sent.' }),
  label: z.string().min(1).max(200).meta({ title: 'Label', description: 'What the visitor reads.' }),
  kind: z
    .enum(['name', 'phone', 'email', 'text', 'message', 'file'])
    .default('text')
    .meta({ title: 'Kind', description: 'Gives the keyboard, the autofill and the meaning of the answer.' }),
  required: z.boolean().default(false).meta({ title: 'Required', description: 'Must be filled in.' }),
});

const senders = {
  allowedOrigins: z
    .array(z.string().max(300).refine(isOrigin, 'An origin such as https://example.com, without a path'))
    .max(50)
    .default([])
    .meta({
      title: 'Allowed sites',
      description: 'Origins whose pages may post here and show the hosted page in a frame. Empty: any may post.',
    }),
  apiKey: z
    .string()
    .max(200)
    .default('')
    .meta({
      title: 'API key',
      description:
        'When set, only requests with this key are taken: for Tilda and other servers. ' +
        'The hosted page and the script are then off, and no captcha is asked.',
      secret: true,
    }),
  apiKeyName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)
    .default('X-Api-Key')
    .meta({ title: 'API key name', description: 'The header or the POST field that carries the key.' }),
};

const redirects = {
  thankYouUrl: z
    .union([z.literal(''), webAddress])
    .default('')
    .meta({
      title: 'Thank-you page',
      description: 'Where a visitor goes after sending. Empty: a small page of ours.',
    }),
  allowedRedirects: z.array(webAddress).max(50).default([]).meta({
    title: 'Other thank-you pages',
    description: 'A form may name one of these, or a page under one of them, in a _redirect field.',
  }),
};

const protection = {
  captcha: z.enum(['none', 'altcha', 'turnstile', 'hcaptcha', 'recaptcha', 'smartcaptcha']).default('none').meta({
    title: 'Captcha',
    description: 'altcha is a proof of work on this server alone; the others ask their provider.',
  }),
  captchaSiteKey: text(200, 'Captcha site key', "The provider's public key."),
  captchaSecret: z.string().max(200).default('').meta({
    title: 'Captcha secret',
    description: "The provider's secret key. Not needed for altcha.",
    secret: true,
  }),
  captchaScore: z.number().min(0).max(1).default(0).meta({
    title: 'reCAPTCHA score',
    description: 'Above 0 switches to reCAPTCHA v3 with this least score (0.5 is a start); 0 is the v2 tick box.',
  }),
  captchaWhenDown: z.enum(['accept', 'reject']).default('accept').meta({
    title: 'When the provider does not answer',
    description: 'accept: take the request unchecked; reject: ask the visitor to come back.',
  }),
  altchaCost: z.number().int().min(100).max(50_000).default(5000).meta({
    title: 'Proof-of-work cost',
    description: 'PBKDF2 iterations of one of 100 to 300 attempts. 5000 is about a second on a phone.',
  }),
  minFillSeconds: z.number().min(0).max(60).default(2).meta({
    title: 'Least time to fill in, seconds',
    description: 'A form sent sooner is kept aside as suspect. 0 switches this off.',
  }),
  honeypotField: z
    .string()
    .regex(/^[A-Za-z_][\w-]{0,63}$/)
    .default('_hp')
    .meta({ title: 'Honeypot field', description: 'A hidden field that people leave empty and machines fill in.' }),
};

const meaning = {
  requireOneOf: z
    .array(z.enum(['phone', 'email', 'name', 'message']))
    .max(4)
    .default(['phone', 'email'])
    .meta({ title: 'Ask for one of', description: 'A request without any of these is refused. Empty: take all.' }),
  fieldMap: z
    .record(z.string().min(1).max(200), z.enum(['name', 'phone', 'email', 'message', 'ignore']))
    .default({})
    .meta({
      title: 'Field map',
      description: 'Your field name, and what it means; for names not known by themselves.',
    }),
};

const page = {
  formFields: z.array(formField).max(50).default([]).meta({
    title: 'Fields',
    description:
      'Fields of the hosted page and of the form that the script draws. Empty: name, phone, email, message.',
  }),
  title: text(200, 'Title', 'Heading of the hosted page. Empty: a usual one.'),
  intro: text(2000, 'Introduction', 'A text above the fields.'),
  buttonText: text(100, 'Button', 'Text on the button. Empty: Send.'),
  successMessage: text(1000, 'Thanks', 'Shown after sending. Empty: a usual one.'),
  consentText: text(5000, 'Consent text', 'Shown next to a tick box; its hash is kept with each consent.'),
  consentRequired: z.boolean().default(true).meta({
    title: 'Consent required',
    description: 'With a consent text: a request without the consent is refused.',
  }),
  consentPurpose: z.string().min(1).max(100).default('contact').meta({
    title: 'Purpose of the consent',
    description: 'A short word for what the person agrees to.',
  }),
};

const files = {
  maxFiles: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(3)
    .meta({ title: 'Files', description: 'Most files in one request.' }),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .max(MAX_FILE_BYTES)
    .default(5 * 1024 * 1024)
    .meta({
      title: 'Largest file, bytes',
      description: 'At most 10485760; all files of one request together fit in 12 MB.',
    }),
  allowedFileTypes: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/)
        .refine((type) => !ACTIVE_TYPE.test(type), 'Pages, scripts and SVG are never taken'),
    )
    .max(50)
    .default(SAFE_FILE_TYPES)
    .meta({ title: 'File types', description: 'Media types, told by the content of the file and not by its name.' }),
};

/** The settings of one form endpoint: the admin's form, the validation and the masking come from here. */
export const settings = z
  .object({ ...senders, ...redirects, ...protection, ...meaning, ...page, ...files })
  .superRefine((value, context) => {
    if (value.captcha === 'none' || value.captcha === 'altcha') return;
    for (const key of ['captchaSiteKey', 'captchaSecret'] as const)
      if (value[key] === '')
        context.addIssue({ code: 'custom', path: [key], message: `${value.captcha} needs this key` });
  });

export type FormSettings = z.output<typeof settings>;
