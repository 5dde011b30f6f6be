import {
  type BackendPlugin,
  type Clock,
  errorKind,
  isSecretSyncError,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import path from 'node:path'
import { checkPlugin } from './check-plugin.ts'
import { findPackage, PackageProblem, type PackagePlaces } from './find-package.ts'

/** How one package is loaded. */
export interface LoadOptions extends PackagePlaces {
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Loads one package. @throws SecretSyncError `InvalidSpec` in one line: which package, what is wrong, what to do */
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
  if (error instanceof PackageProblem) return error.message
  if (isSecretSyncError(error)) {
    return error.code === 'Timeout' ? `its code was not ready within ${timeoutMs} ms` : error.message
  }
  // What else it says may hold anything; where it was thrown and what Node calls it does not.
  const kind = errorKind(error)
  const missing = kind.endsWith(' ERR_MODULE_NOT_FOUND') ? '; one of its own dependencies is not installed' : ''
  return `its code threw ${kind}${placeOf(error)} while loading${missing}`
}

/** ` at index.js:3`, as far as the stack tells. */
function placeOf(error: unknown): string {
  const frame =
    error instanceof Error
      ? /\((file:[^\s()]+?):(\d+):\d+\)|at (file:[^\s()]+?):(\d+):\d+/.exec(error.stack ?? '')
      : null
  const file = frame?.[1] ?? frame?.[3]
  return file === undefined ? '' : ` at ${path.basename(file)}:${frame?.[2] ?? frame?.[4] ?? ''}`
}
