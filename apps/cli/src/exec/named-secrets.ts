import { typedText, UsageError } from '@ack-secret-manager/command-line'
import { restoreText } from '../restore-hint.ts'
import type { ResourceResult } from '../sync/resource-result.ts'
import type { GetEntry } from './get-entries.ts'
import { shownKey } from './shown-key.ts'

/** Secrets that `--get` and `--all` name. */
export interface NamedSecrets {
  readonly entries: readonly GetEntry[]
  readonly all: readonly AllEntry[]
}

/** A secret whose keys are all used. */
export interface AllEntry {
  readonly secret: string
  /** Text before each key. */
  readonly prefix: string
}

const MAX_SECRETS = 20
const PREFIX = /^[\w.-]{0,100}$/

/**
 * Parses `--all [PREFIX=]SECRET`. The first `=` ends the prefix, because secrets may have a `=` in their names.
 * @param common prefix of secrets without their own
 * @throws UsageError
 */
export function allEntries(texts: readonly string[], common: string): readonly AllEntry[] {
  if (texts.length > MAX_SECRETS) throw new UsageError(`--all: at most ${MAX_SECRETS}; use a manifest`)
  if (!PREFIX.test(common)) {
    throw new UsageError('--prefix: expected letters, digits, _, - and . only, at most 100')
  }
  const seen = new Set<string>()
  return texts.map((text) => {
    const equals = text.indexOf('=')
    const [prefix, secret] = equals === -1 ? [common, text] : [text.slice(0, equals), text.slice(equals + 1)]
    const shown = typedText(prefix, 'word')
    if (secret === '') throw new UsageError(`--all ${shown}=: expected the name of a secret`)
    if (secret.includes('#')) {
      throw new UsageError(
        '--all: expected the name of a secret, without #; use --get NAME=SECRET#PATH for a part of it',
      )
    }
    if (!PREFIX.test(prefix)) {
      throw new UsageError(
        `--all ${shown}=…: expected a prefix of letters, digits, _, - and . before the first =; --all =SECRET has none`,
      )
    }
    if (seen.has(secret)) throw new UsageError(`--all ${secret}: given twice`)
    seen.add(secret)
    return { secret, prefix }
  })
}

/** What a key comes from, for messages. @param secret undefined if it is not known */
export function originOf({ entries }: NamedSecrets, key: string, secret?: string): string {
  if (entries.some(({ variable }) => variable === key)) return `--get ${key}`
  return secret === undefined ? `--all, key ${key}` : `--all ${secret}, key ${key}`
}

/** Failures by the flags, because their user has no manifest. */
export function namedFailures(
  { failures = [], reason, message }: ResourceResult,
  { entries, all }: NamedSecrets,
): readonly string[] {
  const byFlag = (text: string): string =>
    text
      .replace(/^spec\.data\[(\d+)\]\S*/, (_field, index) => `--get ${entries[Number(index)]?.variable}:`)
      .replace(/^spec\.dataProcess\[(\d+)\]\S*/, (_field, index) => `--all ${all[Number(index)]?.secret}:`)
      .replace(/^the values of the Secret have (\d+ bytes)(.*)/, (_text, bytes: string, limit: string) => {
        return `the values of --get and --all have ${bytes} together${limit}; name fewer secrets`
      })
      .replace(/rename one of them$/, 'give the keys of one a prefix: --all PREFIX_=SECRET')
      .replace(
        /rename it with .*$/,
        'use --names upper, which writes _ for such characters, --skip-invalid-names, or --get NAME=SECRET#PATH for each key',
      )
      .replace(
        /keys (.*) both become (.*) by the replace rules$/,
        (_text, keys: string, name: string) =>
          `members ${keys} are both ${shownKey(name)}, if ? is any special character; rename one in the secret, or use --get NAME=SECRET#PATH for each key`,
      )
  if (reason === 'NoData' && failures.length === 0) return [withoutKeys(all)]
  if (failures.length === 0) return [byFlag(message)]
  return failures.map(({ keys, secret, message: why }) => {
    const flag = keys === undefined ? `--all ${secret}` : `--get ${keys.join(', ')}`
    return `${flag}: ${restoreText(why, secret)}`
  })
}

function withoutKeys(all: readonly AllEntry[]): string {
  const flags = all.map(({ secret }) => `--all ${secret}`).join(', ')
  return `${flags}: ${all.length === 1 ? 'the document has no key' : 'no document has a key'}, so there is nothing to give the program`
}
