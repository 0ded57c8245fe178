/** The same problem as a small page, for people whose browser posted a form without JavaScript. */

const WORDS = {
  en: { title: 'The form was not sent', back: 'Go back and try again', later: 'Please try again in a moment.' },
  ru: { title: 'Форма не отправлена', back: 'Вернуться и попробовать снова', later: 'Попробуйте ещё раз чуть позже.' },
} as const;

interface Problem {
  readonly status: number;
  readonly detail?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export async function errorPage(problem: Response, acceptLanguage: string | undefined): Promise<Response> {
  const told = (await problem.json()) as Problem;
  const language = /^\s*ru\b/i.test(acceptLanguage ?? '') ? 'ru' : 'en';
  const say = WORDS[language];
  const detail = told.status >= 500 || told.status === 429 ? say.later : (told.detail ?? '');
  const fields = Object.entries(told.fields ?? {}).map(
    ([name, wrong]) => `<li>${asText(name)}: ${asText(wrong)}</li>`,
  );
  const page = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${say.title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1rem;color-scheme:light dark}
</style></head><body><main><h1>${say.title}</h1><p>${asText(detail)}</p>
${fields.length > 0 ? `<ul>${fields.join('')}</ul>` : ''}
<p>← ${say.back}</p></main></body></html>`;
  const headers = new Headers(problem.headers);
  headers.set('Content-Type', 'text/html; charset=utf-8');
  headers.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  return new Response(page, { status: problem.status, headers });
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
