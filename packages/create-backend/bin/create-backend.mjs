#!/usr/bin/env node
import { existsSync } from 'node:fs'
import * as module from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`create-backend needs Node 22.19 or newer, this is ${process.versions.node}\n`)
  process.exit(1)
}

// In a checkout nothing is built: run the sources, and let every workspace package resolve to its own.
const inCheckout = existsSync(new URL('../src/main.ts', import.meta.url))
if (inCheckout) {
  module.registerHooks({
    resolve: (specifier, context, nextResolve) =>
      nextResolve(specifier, { ...context, conditions: [...context.conditions, '@ack-secret-manager/source'] }),
  })
}
await import(inCheckout ? '../src/main.ts' : '../dist/main.js')
