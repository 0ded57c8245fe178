/** The hosted page: one column, system fonts, light and dark, every text at 4.5:1 or better. */
export const CSS = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1a1d21;--soft:#555c66;--line:#858d99;--main:#1c5fd0;
--on:#fff;--bad:#b3151f;--good:#0f6b34}
@media (prefers-color-scheme:dark){:root{--bg:#14161a;--card:#1d2026;--text:#eceef1;--soft:#aab1bc;--line:#7d8592;
--main:#8ab4ff;--on:#0c1a33;--bad:#ff9a9f;--good:#7fdca4}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{max-width:34rem;margin:0 auto;padding:1.5rem 1.25rem 2rem;background:var(--card);min-height:100vh}
@media (min-width:40rem){main{margin:2.5rem auto;border-radius:.75rem;padding:2rem 2.25rem;min-height:0;
box-shadow:0 1px 3px rgb(0 0 0/.18)}}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem;overflow-wrap:anywhere}
.intro{white-space:pre-line;margin:0 0 1rem;overflow-wrap:anywhere}
label{display:block;margin:1rem 0 .3rem;font-weight:600;overflow-wrap:anywhere}
.note{font-weight:400;color:var(--soft)}
input,textarea{width:100%;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);
border-radius:.4rem;padding:.6rem .7rem;min-height:2.75rem}
input:focus-visible,textarea:focus-visible,button:focus-visible,a:focus-visible,[tabindex]:focus-visible{
outline:3px solid var(--main);outline-offset:2px}
[aria-invalid=true]{border-color:var(--bad);border-width:2px}
.inlet-error{display:block;color:var(--bad);margin-top:.25rem}
.consent{display:flex;gap:.7rem;align-items:flex-start;margin-top:1.1rem}
.consent input{width:1.5rem;min-height:1.5rem;flex:none;margin:.05rem 0 0}
.consent label{margin:0;font-weight:400;white-space:pre-line;min-width:0}
button{font:inherit;font-weight:600;color:var(--on);background:var(--main);border:0;border-radius:.4rem;
padding:.7rem 1.4rem;min-height:2.75rem;margin-top:1.3rem;cursor:pointer}
button[aria-disabled=true]{opacity:.7;cursor:progress}
a{color:var(--main)}
[data-inlet-status]:empty{display:none}
[data-inlet-status]{margin:1rem 0 0;font-weight:600}
.trap{position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden}
@media (prefers-reduced-motion:no-preference){button{transition:opacity .15s}}
`.trim();
