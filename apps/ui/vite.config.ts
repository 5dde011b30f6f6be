import path from 'node:path'
import { defineConfig } from 'vite'

/** The pages, as files that the server serves under any path. `acksm` ships them with the licences of their libraries. */
export default defineConfig({
  root: path.join(import.meta.dirname, 'src/pages'),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: path.join(import.meta.dirname, 'dist/pages'),
    emptyOutDir: true,
    target: 'es2023',
    // The Content-Security-Policy allows neither inline code nor data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
  },
})
