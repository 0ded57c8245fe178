import { resolve } from 'node:path';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import react from '@vitejs/plugin-react';
import mantinePreset from 'postcss-preset-mantine';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  css: { postcss: { plugins: [mantinePreset()] } },
  plugins: [
    paraglideVitePlugin({
      project: resolve(here, 'project.inlang'),
      outdir: resolve(here, 'paraglide'),
      strategy: ['globalVariable', 'baseLocale'],
      emitReadme: false,
      emitPrettierIgnore: false,
    }),
    react(),
  ],
  build: {
    outDir: resolve(here, '../../dist/web'),
    emptyOutDir: true,
    // Nothing may become a data: address: the page's policy allows those for images only.
    assetsInlineLimit: 0,
    target: 'es2023',
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'words', test: /src\/web\/paraglide\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:3000', '/in': 'http://127.0.0.1:3000' } },
});
