/** The browser tab says how many leads wait: "(3) Queue · Inlet". */
let page = '';
let waiting = 0;

function write(): void {
  const badge = waiting > 0 ? `(${waiting}) ` : '';
  document.title = `${badge}${page === '' ? '' : `${page} · `}Inlet`;
}

export function titlePage(title: string): void {
  page = title;
  write();
}

export function titleWaiting(count: number): void {
  waiting = count;
  write();
}
