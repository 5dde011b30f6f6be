import { type BackendPlugin, type Clock, errorKind, SecretSyncError, withDeadline } from '@ack-secret-manager/core'
import path from 'node:path'
import { contractError } from './check-error.ts'
import { checkPlugin } from './check-plugin.ts'
import { findPackage, PackageProblem, type SearchPaths } from './find-package.ts'

export interface LoadOptions extends SearchPaths {
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Loads one package. @throws SecretSyncError `InvalidSpec` with package, cause and remedy in one line */
export async function loadPackage(name: string, options: LoadOptions): Promise<BackendPlugin> {
  const { timeoutMs, clock } = options
  try {
    const { href } = findPackage(name, options)
    const module = await withDeadline(() => import(/* @vite-ignore */ href) as Promise<Record<string, unknown>>, {
      timeoutMs,
      what: `loading ${name}`,
      signal: new AbortController().signal,
      clock,
    })
    return checkPlugin(module)
  } catch (error) {
    throw new SecretSyncError('InvalidSpec', `backend package ${JSON.stringify(name)}: ${reasonOf(error, timeoutMs)}`)
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const problem = safely(() => (error instanceof PackageProblem ? error.message : undefined))
  if (problem !== undefined) return problem
  const known = contractError(error, 'its code')
  if (known !== undefined) {
    return known.code === 'Timeout' ? `its code was not ready within ${timeoutMs} ms` : known.message
  }
  // Drops the message of a foreign error, because it may hold a secret. Its kind and position are safe.
  const kind = errorKind(error)
  const missing = kind.endsWith(' ERR_MODULE_NOT_FOUND') ? '; one of its own dependencies is not installed' : ''
  return `its code threw ${kind}${positionOf(error)} while loading${missing}`
}

/** ` at index.js:3`, if the stack contains a position. */
function positionOf(error: unknown): string {
  const stack: unknown = safely(() => (error instanceof Error ? error.stack : undefined))
  const frame = /\((file:[^\s()]+?):(\d+):\d+\)|at (file:[^\s()]+?):(\d+):\d+/.exec(
    typeof stack === 'string' ? stack : '',
  )
  const file = frame?.[1] ?? frame?.[3]
  return file === undefined ? '' : ` at ${path.basename(file)}:${frame?.[2] ?? frame?.[4] ?? ''}`
}

/** Reads a part of a foreign error, whose getters may throw. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
