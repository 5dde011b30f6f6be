import { UsageError } from '@ack-secret-manager/command-line'
import type { ResourceResult } from '../sync/resource-result.ts'
import type { GetEntry } from './get-entries.ts'

/** Secrets that `--get` and `--all` name. */
export interface NamedSecrets {
  readonly entries: readonly GetEntry[]
  /** Secrets whose keys are all used. */
  readonly all: readonly string[]
  /** Text before each of these keys. */
  readonly prefix: string
}

const MAX_SECRETS = 20

/** Checks `--all`. @throws UsageError */
export function allSecrets(secrets: readonly string[]): readonly string[] {
  if (secrets.length > MAX_SECRETS) throw new UsageError(`--all: at most ${MAX_SECRETS}; use a manifest`)
  const twice = secrets.find((secret, index) => secrets.indexOf(secret) < index)
  if (twice !== undefined) throw new UsageError(`--all ${twice}: given twice`)
  if (secrets.some((secret) => secret.includes('#'))) {
    throw new UsageError('--all: expected the name of a secret, without #; use --get NAME=SECRET#PATH for a part of it')
  }
  return secrets
}

/** Checks `--prefix`: the characters of a key of a Secret. @throws UsageError */
export function allPrefix(prefix: string): string {
  if (/^[\w.-]{0,100}$/.test(prefix)) return prefix
  throw new UsageError('--prefix: expected letters, digits, _, - and . only, at most 100')
}

/** What a key comes from, for messages. */
export function originOf({ entries }: NamedSecrets, key: string): string {
  return entries.some(({ variable }) => variable === key) ? `--get ${key}` : `--all, key ${key}`
}

/** Failures by the flags, because their user has no manifest. */
export function namedFailures(
  { failures = [], message }: ResourceResult,
  { entries }: NamedSecrets,
): readonly string[] {
  if (failures.length > 0) {
    return failures.map(({ keys, secret, message: why }) =>
      keys === undefined ? `--all ${secret}: ${why}` : `--get ${keys.join(', ')}: ${why}`,
    )
  }
  return [
    message
      .replace(/^spec\.data\[(\d+)\]\S*/, (_field, index) => `--get ${entries[Number(index)]?.variable}:`)
      .replace(/^spec\.dataProcess\S*/, '--all:')
      .replace(/rename it with .*$/, 'use --get NAME=SECRET#PATH for each key'),
  ]
}
