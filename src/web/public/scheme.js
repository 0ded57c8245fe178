// Runs before the first paint, as a file of its own: the page's policy allows no inline script.
(() => {
  let wanted = 'auto';
  try {
    wanted = localStorage.getItem('inlet-scheme') ?? 'auto';
  } catch {
    // Storage may be forbidden; the system's scheme is a good guess then.
  }
  const dark = wanted === 'dark' || (wanted !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
