import { fileURLToPath } from 'node:url'

const home = new URL('../../../packages/go-template/', import.meta.url)

/** Files that a program with templates needs next to its bundle: the script of the render threads and its data. */
export const templateEngine = {
  entry: { 'go-template-worker': fileURLToPath(new URL('src/go-template-worker.ts', home)) },
  publicDir: fileURLToPath(new URL('wasm', home)),
} as const
