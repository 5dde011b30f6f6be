#!/usr/bin/env node
// In a checkout the sources run unbuilt; a published package has only dist.
import { existsSync } from 'node:fs'
import * as module from 'node:module'

const source = new URL('../src/main.ts', import.meta.url)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`acksm: needs Node 22.19 or newer, this is ${process.versions.node}\n`)
  process.exitCode = 1
} else if (existsSync(source)) {
  // For the checkout alone: a backend package from elsewhere comes without sources.
  const checkout = new URL('../../../', import.meta.url).href
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(
        specifier,
        context.parentURL?.startsWith(checkout)
          ? { ...context, conditions: [...context.conditions, '@ack-secret-manager/source'] }
          : context,
      ),
  })
  await import(source.href)
} else {
  await import(new URL('../dist/main.js', import.meta.url).href)
}
