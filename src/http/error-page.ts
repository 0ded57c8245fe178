/** The same problem as a small page, for people whose browser posted a form without JavaScript. */

const WORDS = {
  en: {
    title: 'The form was not sent',
    back: 'Go back in your browser and try again.',
    anew: 'Open the form anew',
    later: 'Please try again in a moment.',
  },
  ru: {
    title: 'Форма не отправлена',
    back: 'Вернитесь в браузере назад и попробуйте снова.',
    anew: 'Открыть форму заново',
    later: 'Попробуйте ещё раз чуть позже.',
  },
} as const;

/** Who posted, and where to. */
export interface Posted {
  /** Path and query. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `page` is the address of the endpoint's own page, without a query. */
  readonly endpoint?: { readonly language: string; readonly page: string | undefined } | undefined;
}

interface Problem {
  readonly status: number;
  readonly detail?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export async function errorPage(problem: Response, posted: Posted): Promise<Response> {
  const told = (await problem.json()) as Problem;
  const language = languageOf(posted);
  const say = WORDS[language];
  const detail = told.status >= 500 || told.status === 429 ? say.later : (told.detail ?? '');
  const fields = Object.entries(told.fields ?? {}).map(
    ([name, wrong]) => `<li>${asText(name)}: ${asText(wrong)}</li>`,
  );
  const page = posted.endpoint?.page;
  const html = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${say.title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1rem;color-scheme:light dark}
</style></head><body><main><h1>${say.title}</h1><p>${asText(detail)}</p>
${fields.length > 0 ? `<ul>${fields.join('')}</ul>` : ''}
<p>${say.back}</p>
${page === undefined ? '' : `<p><a href="${asText(page)}?lang=${language}">${say.anew}</a></p>`}</main></body></html>`;
  const headers = new Headers(problem.headers);
  headers.set('Content-Type', 'text/html; charset=utf-8');
  headers.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  return new Response(html, { status: problem.status, headers });
}

const ASKED = /[?&]lang=(en|ru)\b/i;
const LIKED = /(?:^|,)\s*(en|ru)\b/i;

/** As asked for in this address or in that of the form's page, else as the browser likes it or the endpoint has it. */
function languageOf({ url, headers, endpoint }: Posted): keyof typeof WORDS {
  const said = ASKED.exec(url) ?? ASKED.exec(headers.referer ?? '') ?? LIKED.exec(headers['accept-language'] ?? '');
  return (said?.[1] ?? endpoint?.language)?.toLowerCase() === 'ru' ? 'ru' : 'en';
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
