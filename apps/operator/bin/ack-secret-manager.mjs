#!/usr/bin/env node
// In a checkout the sources run unbuilt; a published package has only dist.
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

const source = new URL('../src/start.ts', import.meta.url)
if (typeof registerHooks !== 'function') {
  process.stderr.write(`ack-secret-manager: needs Node 22.19 or newer, this is ${process.version}\n`)
  process.exit(1)
}
if (existsSync(source)) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, '@ack-secret-manager/source'] }),
  })
  await import(source.href)
} else {
  await import(new URL('../dist/start.js', import.meta.url).href)
}
