#!/usr/bin/env node
// A checkout runs the sources without a build; a published package contains only dist.
import { existsSync, readFileSync } from 'node:fs'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'

const source = new URL('../src/start.ts', import.meta.url)
const bundle = new URL('../dist/start.js', import.meta.url)

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`ack-secret-manager: needs Node 22.19 or newer, this is ${process.versions.node}\n`)
  process.exit(1)
}
if (existsSync(source)) {
  // Only for modules of the checkout: third-party backend packages have no sources.
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
  restartForMemory()
  await import(bundle.href)
}

/**
 * Restarts with memory limits, because by default V8 and malloc let garbage grow to several times the memory in use. The limits can
 * only be set at process start, so execve replaces this process under the same pid. Settings of the user take precedence.
 */
function restartForMemory() {
  const { flags, env } = JSON.parse(readFileSync(new URL('./runtime.json', import.meta.url), 'utf8'))
  const given = `${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`
  const missing = flags.filter((flag) => !given.includes(flag.split('=')[0]))
  if (missing.length === 0 || process.platform === 'win32' || typeof process.execve !== 'function') return
  const args = [process.execPath, ...process.execArgv, ...missing, fileURLToPath(bundle), ...process.argv.slice(2)]
  process.execve(process.execPath, args, { ...env, ...process.env })
}
