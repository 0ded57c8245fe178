import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from '@mantine/core';

/** The house colour: deep water. Shade 8 carries white text at 6:1. */
const tide: MantineColorsTuple = [
  '#e8f6f8',
  '#d3ebef',
  '#a9d9e1',
  '#7cc5d1',
  '#55b3c2',
  '#359fb1',
  '#1f8b9f',
  '#0f788c',
  '#0b6476',
  '#084c5a',
];
const dark: MantineColorsTuple = [
  '#d6dde2',
  '#b9c3cb',
  '#98a5b0',
  '#6c7a86',
  '#3a454e',
  '#2c353d',
  '#20272d',
  '#181d22',
  '#12161a',
  '#0c0f12',
];
const green: MantineColorsTuple = [
  '#e7f7ed',
  '#cdecd8',
  '#9fdab5',
  '#6fc890',
  '#48b873',
  '#2ea45d',
  '#1f8f4e',
  '#177a41',
  '#106635',
  '#0a4f28',
];
const amber: MantineColorsTuple = [
  '#fdf4e1',
  '#fae6bd',
  '#f5d07f',
  '#eeb843',
  '#e2a11d',
  '#c98908',
  '#ab7203',
  '#8f5e02',
  '#764d02',
  '#5a3a02',
];
const red: MantineColorsTuple = [
  '#fdeeec',
  '#fad8d4',
  '#f4b0a8',
  '#ec857a',
  '#e36052',
  '#d74435',
  '#c53022',
  '#ad2418',
  '#941b11',
  '#72130b',
];

export const theme = createTheme({
  primaryColor: 'tide',
  colors: { tide, dark, green, amber, red },
  primaryShade: { light: 8, dark: 8 },
  autoContrast: false,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.375rem', lineHeight: '1.3' }, h2: { fontSize: '1.0625rem', lineHeight: '1.35' } },
  },
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { radius: 'sm', variant: 'light', tt: 'none', fw: 550 } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    // What floats stays inside the main landmark; a menu may not have an empty focusable child.
    Popover: { defaultProps: { portalProps: { target: '#floating' } } },
    Menu: { defaultProps: { portalProps: { target: '#floating' }, withInitialFocusPlaceholder: false } },
    Notification: { styles: { description: { color: 'var(--mantine-color-text)' } } },
    Modal: {
      defaultProps: { centered: true, radius: 'lg' },
      styles: { title: { fontWeight: 650, fontSize: '1.0625rem' } },
    },
  },
});

/** Grey text that still reads at 4.5:1 on every background that we use, and quieter borders. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b252b',
    '--mantine-color-dimmed': '#566570',
    '--mantine-color-placeholder': '#6a7882',
    '--mantine-color-default-border': '#d8dfe3',
    '--mantine-color-error': '#b3271a',
    '--mantine-color-anchor': '#0b6476',
    '--ground': '#f3f6f7',
    '--line': '#e3e9ec',
    '--wash': '#f3f6f7',
    '--accent-wash': '#eaf6f8',
    '--accent-line': '#55b3c2',
    '--fresh': '#177a41',
    '--aging': '#8a5a02',
    '--late': '#b3271a',
    '--bubble': '#dff0f3',
    '--note': '#fdf6e3',
    '--note-line': '#f0dfae',
  },
  dark: {
    '--mantine-color-body': '#181d22',
    '--mantine-color-text': '#dbe2e7',
    '--mantine-color-dimmed': '#9aa8b3',
    '--mantine-color-placeholder': '#8795a0',
    '--mantine-color-default-border': '#37424b',
    '--mantine-color-error': '#f4897d',
    '--mantine-color-anchor': '#7cc5d1',
    '--ground': '#11151a',
    '--line': '#2a333a',
    '--wash': '#20272d',
    '--accent-wash': '#12303a',
    '--accent-line': '#1f8b9f',
    '--fresh': '#6fc890',
    '--aging': '#eeb843',
    '--late': '#f4897d',
    '--bubble': '#153a45',
    '--note': '#2b2819',
    '--note-line': '#4b4423',
  },
});

export const schemeManager = localStorageColorSchemeManager({ key: 'inlet-scheme' });
