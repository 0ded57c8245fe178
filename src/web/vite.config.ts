import { resolve } from 'node:path';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import react from '@vitejs/plugin-react';
import mantinePreset from 'postcss-preset-mantine';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

const OFFICE_WORDS =
  'api_|any_|attempts|back|condition|content|copy_|created|day_|desk_|edit|email_taken|endpoint|filters|full_name|' +
  'head_after|hours_|invite|last_|ledger_|line_|list_hint|member_|move_(up|down)|never|not_(json|number)|nothing_re|' +
  'offer_seconds|or_between|owner_first|pause|priority(_normal)?\\.|quarantine_|queue_(add|default|delete|hours|is_|' +
  'members|no_|strategy|waiting|waits)|rate_|reason_|replay|resume|role_of|rule|scope|senior|set(up|tings)|' +
  'shift_(end|start)|since|strategy|suffix|timezone|unknown_|until|user_(dis|en|inv)|users_|' +
  'health_|howto_|pairing_|pick_|rotate_|template_|try_(?!again)';
const LEAD_WORDS =
  'another_|attachments|conceal|contact|earlier_|event_|hand|held_|identity_|kind_|lead_|leads_|lost_|matched_|move|' +
  'no_name|note_|origin|release|reply_|reveal|sent_|stages|suspects|talk_|the_|timeline|trust_|unit_|' +
  'waiting_now|why_|file_|flag_';

export default defineConfig(({ command }) => ({
  root: here,
  css: { postcss: { plugins: [mantinePreset()] } },
  plugins: [
    // scripts/run.ts compiles the messages before a build: here the plugin would hold the finished build for 28 s.
    command === 'serve' &&
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
            { name: 'languages', test: /paraglide\/(runtime|registry)/, priority: 9 },
            // The words of the office pages are not needed to work a queue: they travel with those pages.
            {
              name: 'office-words',
              test: new RegExp(`paraglide/messages/(${OFFICE_WORDS})`),
            },
            { name: 'lead-words', test: new RegExp(`paraglide/messages/(${LEAD_WORDS})`) },
            { name: 'words', test: /src\/web\/paraglide\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:3000', '/in': 'http://127.0.0.1:3000' } },
}));
