import type { Sensitive } from '@ack-secret-manager/core'
import { InputError } from '../input-error.ts'
import { MAX_STRING_BYTES } from './too-large.ts'
import { isProtected, isVariableName, upperName } from './variable-names.ts'

/** A Secret whose keys become variables. */
export interface SecretContent {
  readonly target: { readonly namespace: string; readonly name: string }
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** KMS secret of each key. */
  readonly sources?: ReadonlyMap<string, { readonly secret: string }>
}

/** Options of {@link variablesOf}. */
export interface VariablesOptions {
  readonly names: 'keep' | 'upper'
  /** Protected names that secrets may set. */
  readonly allow: readonly string[]
  readonly skipInvalidNames: boolean
  /** Names a key in messages. @default `Secret NAMESPACE/NAME, key KEY` */
  readonly originOf?: (key: string, secret: string | undefined) => string
  /** The key as it is meant, before names are made of it. @default the key */
  readonly keyOf?: (key: string) => string
}

/** The variables of a program. */
export interface Variables {
  readonly values: ReadonlyMap<string, string>
  /** Keys that were left out because of their names. */
  readonly skipped: readonly string[]
}

/** The variables from the keys of Secrets. Pure. @throws InputError with every key that cannot be a variable */
export function variablesOf(secrets: readonly SecretContent[], options: VariablesOptions): Variables {
  const { names, allow, skipInvalidNames, originOf, keyOf = (key) => key } = options
  const values = new Map<string, string>()
  const origins = new Map<string, string>()
  const problems: string[] = []
  const skipped: string[] = []
  const keys = secrets.flatMap(({ target, data, sources }) =>
    [...data]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([written, bytes]) => {
        const key = keyOf(written)
        const origin = originOf?.(key, sources?.get(written)?.secret)
        return { key, bytes, origin: origin ?? `Secret ${target.namespace}/${target.name}, key ${key}` }
      }),
  )
  for (const { key, bytes, origin } of keys) {
    const name = names === 'upper' ? upperName(key) : key
    const other = origins.get(name)
    if (!isVariableName(name)) {
      if (skipInvalidNames) skipped.push(origin)
      else problems.push(`${origin}: ${invalidName(name)}`)
    } else if (other !== undefined) {
      problems.push(
        `${name}: given by ${other}, and by ${origin}; ${originOf ? 'choose other names' : 'choose one Secret with --secret'}, or use --files`,
      )
    } else if (isProtected(name) && !allow.includes(name)) {
      problems.push(
        `${origin}: would set ${name}, which decides how programs are run; allow it with --allow-env ${name}`,
      )
    } else {
      const value = valueOf(name, bytes.expose())
      if (typeof value === 'string') values.set(name, value)
      else problems.push(`${origin}: ${value.problem}; use --files`)
    }
    if (other === undefined) origins.set(name, origin)
  }
  if (problems.length > 0) throw new InputError(problems)
  return { values, skipped }
}

function invalidName(name: string): string {
  const upper = upperName(name)
  const hint = isVariableName(upper) && upper !== name ? `use --names upper (${upper}), --files` : 'use --files'
  return `not the name of an environment variable; ${hint} or --skip-invalid-names`
}

function valueOf(name: string, bytes: Uint8Array): string | { readonly problem: string } {
  if (bytes.includes(0)) return { problem: 'the value contains a NUL byte, which a variable cannot contain' }
  const maxBytes = MAX_STRING_BYTES - `${name}=`.length
  if (bytes.length > maxBytes) {
    return { problem: `the value has ${bytes.length} bytes, too many for a variable (${maxBytes} for ${name})` }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { problem: 'the value is not UTF-8, and Node passes on nothing else' }
  }
}
