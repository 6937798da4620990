import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Plugin, defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Everything that decides what is built, and so what `page/` is the build of. */
const DECIDES = [
  'index.html',
  'package-lock.json',
  'package.json',
  ...readdirSync(here('src')).map((name) => `src/${name}`),
  'tsconfig.json',
  'vite.config.ts',
].sort();

/** Writes what `page/` was built from; a test compares it with the sources, so that nobody forgets `make graphiql`. */
const stamp: Plugin = {
  name: 'stamp',
  generateBundle() {
    const digest = createHash('sha256');
    for (const path of DECIDES) digest.update(`${path}\0`).update(readFileSync(here(path))).update('\0');
    this.emitFile({ type: 'asset', fileName: 'built-from.sha256', source: `${digest.digest('hex')}\n` });
  },
};

export default defineConfig({
  base: '/graphiql/',
  plugins: [stamp],
  worker: { format: 'es' },
  resolve: {
    alias: {
      // Variables are formatted with prettier's JavaScript parser and printer, half a megabyte for a few lines of JSON.
      'prettier/parser-babel': here('src/jsonc.ts'),
      'prettier/plugins/estree': here('src/jsonc.ts'),
    },
  },
  build: {
    outDir: 'page',
    sourcemap: false, // they would treble what is shipped, and the sources lie beside it
    target: 'es2022',
    license: { fileName: 'licences.md' },
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 3000,
    rolldownOptions: { checks: { moduleLevelDirective: false } }, // "use client" means nothing here
  },
});
