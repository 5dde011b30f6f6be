import { parseDuration } from '@ack-secret-manager/core'
import type { Flag } from './flags.ts'
import { UsageError } from './usage-error.ts'

/** A host and port to listen on; undefined turns the listener off. */
export interface BindAddress {
  readonly host: string
  readonly port: number
}

/** Value of each kind of flag. */
export interface FlagValues {
  readonly string: string
  readonly boolean: boolean
  readonly count: number
  readonly number: number
  /** Milliseconds. */
  readonly duration: number
  readonly list: readonly string[]
  readonly address: BindAddress | undefined
}

type Parser<T> = (text: string) => T | undefined

const MAX_COUNT = 1_000
const HOST_PORT = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/

const PARSERS: {
  readonly [K in keyof FlagValues]: { readonly expected: string; readonly parse: Parser<FlagValues[K]> }
} = {
  string: { expected: 'text', parse: (text) => text },
  boolean: {
    expected: 'true or false',
    parse: (text) => ({ true: true, t: true, '1': true, false: false, f: false, '0': false })[text.toLowerCase()],
  },
  count: {
    expected: `a whole number from 1 to ${MAX_COUNT}`,
    parse: (text) => (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_COUNT ? Number(text) : undefined),
  },
  number: { expected: 'a number ≥ 0', parse: (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined) },
  duration: {
    expected: 'a duration of at least 1s, such as 90s or 1h30m',
    parse: (text) => {
      const ms = parseDuration(text)
      return ms !== undefined && ms >= 1_000 ? ms : undefined
    },
  },
  // The Go operator takes a quoted list as well: its chart quotes twice.
  list: {
    expected: 'names separated by commas',
    parse: (text) =>
      text
        .replace(/^"|"$/g, '')
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  },
  address: {
    expected: 'HOST:PORT, :PORT, or 0 for none',
    parse: (text) => {
      const match = HOST_PORT.exec(text)
      if (!match || Number(match[3]) > 65_535) return undefined
      return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
    },
  },
}

/** Reads the value of a flag. @throws UsageError naming flag, value and what was expected */
export function flagValue<K extends keyof FlagValues>(
  name: string,
  flag: Flag & { readonly kind: K },
  text: string,
): FlagValues[K] {
  const { expected, parse } = PARSERS[flag.kind]
  if (flag.kind === 'address' && text === '0') return undefined as FlagValues[K]
  const value = parse(text)
  if (value === undefined) throw new UsageError(`--${name} ${text}: expected ${expected}`)
  if (flag.choices && !flag.choices.includes(text)) {
    throw new UsageError(`--${name} ${text}: expected ${flag.choices.join(' or ')}`)
  }
  return value
}
