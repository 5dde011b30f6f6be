import { fileURLToPath } from 'node:url'

const home = new URL('../../../packages/go-template/', import.meta.url)

/** What a program that renders templates has beside its bundle: the script of the render threads, and what they read. */
export const templateEngine = {
  entry: { 'go-template-worker': fileURLToPath(new URL('src/go-template-worker.ts', home)) },
  publicDir: fileURLToPath(new URL('wasm', home)),
} as const
