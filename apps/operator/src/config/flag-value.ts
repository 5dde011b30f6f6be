import { type TypedShape, typedText } from '@ack-secret-manager/command-line'
import { parseDuration } from '@ack-secret-manager/core'
import { FLAG_PATTERNS, type FlagPattern } from './flag-pattern.ts'
import type { Flag } from './flags.ts'
import { UsageError } from './usage-error.ts'

/** A host and port to listen on; undefined disables the listener. */
export interface BindAddress {
  readonly host: string
  readonly port: number
}

/** Parsed value by kind of flag. */
export interface FlagValues {
  readonly string: string
  readonly boolean: boolean
  readonly count: number
  readonly number: number
  /** Milliseconds. */
  readonly duration: number
  readonly namespaces: readonly string[]
  readonly 'namespace-patterns': readonly string[]
  readonly endpoint: string
  readonly endpoints: readonly string[]
  readonly region: string
  readonly name: string
  readonly account: string
  readonly cluster: string
  readonly paths: readonly string[]
  readonly packages: readonly string[]
  readonly address: BindAddress | undefined
}

type Parser<T> = (text: string) => T | undefined

/** The values that Go's `strconv.ParseBool` accepts. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
])
const HOST_PORT = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/

const PARSERS: {
  readonly [K in keyof FlagValues]: {
    readonly shape: TypedShape
    readonly expected: string
    readonly parse: Parser<FlagValues[K]>
  }
} = {
  string: { shape: 'word', expected: 'text', parse: (text) => text },
  boolean: {
    shape: 'word',
    expected: 'true or false',
    parse: (text) => BOOLEANS.get(text.toLowerCase()),
  },
  count: {
    shape: 'quantity',
    expected: 'a whole number from 1 to 1000',
    parse: numberIn(FLAG_PATTERNS.count),
  },
  number: {
    shape: 'quantity',
    expected: 'a number ≥ 0',
    parse: numberIn(FLAG_PATTERNS.number),
  },
  duration: {
    shape: 'quantity',
    expected: 'a duration of at least 1s, such as 90s or 1h30m',
    parse: (text) => {
      const ms = parseDuration(text)
      return ms !== undefined && ms >= 1_000 ? ms : undefined
    },
  },
  namespaces: {
    shape: 'names',
    expected: `at most ${FLAG_PATTERNS.namespaces.maxItems} namespaces, separated by commas`,
    parse: entries(FLAG_PATTERNS.namespaces),
  },
  'namespace-patterns': {
    shape: 'names',
    expected: `at most ${FLAG_PATTERNS['namespace-patterns'].maxItems} namespaces, separated by commas; * matches any characters`,
    parse: entries(FLAG_PATTERNS['namespace-patterns']),
  },
  endpoint: {
    shape: 'names',
    expected: 'HOST or HOST:PORT',
    parse: textOf(FLAG_PATTERNS.endpoint),
  },
  endpoints: {
    shape: 'names',
    expected: 'HOST or HOST:PORT; * matches within a label',
    parse: entries(FLAG_PATTERNS.endpoints),
  },
  paths: {
    shape: 'names',
    expected: 'absolute paths',
    parse: entries(FLAG_PATTERNS.paths),
  },
  packages: {
    shape: 'names',
    expected: 'npm package names, separated by commas',
    parse: entries(FLAG_PATTERNS.packages),
  },
  region: {
    shape: 'names',
    expected: 'a region such as cn-hangzhou',
    parse: textOf(FLAG_PATTERNS.region),
  },
  name: {
    shape: 'names',
    expected: 'an object name of at most 253 characters a-z, 0-9, - and .',
    parse: textOf(FLAG_PATTERNS.name),
  },
  account: {
    shape: 'quantity',
    expected: 'an account id (digits only)',
    parse: textOf(FLAG_PATTERNS.account),
  },
  cluster: {
    shape: 'names',
    expected: 'an ACK cluster id',
    parse: textOf(FLAG_PATTERNS.cluster),
  },
  address: {
    shape: 'names',
    expected: 'HOST:PORT, :PORT, or 0 to disable',
    parse: (text) => {
      const match = HOST_PORT.exec(text)
      if (!match || Number(match[3]) > 65_535) return undefined
      return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
    },
  },
}

/**
 * Parses the value of a flag.
 * @throws UsageError with the flag and the expected value; it repeats the value only if it cannot be a secret
 */
export function flagValue<K extends keyof FlagValues>(
  name: string,
  flag: Flag & { readonly kind: K },
  text: string,
): FlagValues[K] {
  const { shape, expected, parse } = PARSERS[flag.kind]
  if (flag.kind === 'address' && text === '0') return undefined as FlagValues[K]
  const value = parse(text)
  if (value === undefined) throw new UsageError(`--${name} ${typedText(text, shape)}: expected ${expected}`)
  if (flag.choices && !flag.choices.includes(text)) {
    throw new UsageError(`--${name} ${typedText(text, shape)}: expected ${flag.choices.join(' or ')}`)
  }
  return value
}

function matchesPattern(text: string, { pattern, maxLength = Infinity }: FlagPattern): boolean {
  return text.length <= maxLength && pattern.test(text)
}

function textOf(flagPattern: FlagPattern): Parser<string> {
  return (text) => (matchesPattern(text, flagPattern) ? text : undefined)
}

function numberIn(flagPattern: FlagPattern): Parser<number> {
  return (text) => (matchesPattern(text, flagPattern) ? Number(text) : undefined)
}

function entries(flagPattern: FlagPattern): Parser<readonly string[]> {
  const { maxItems = Infinity } = flagPattern
  return (text) => {
    const items = listOf(text)
    return items.length <= maxItems && items.every((item) => matchesPattern(item, flagPattern)) ? items : undefined
  }
}

/** Accepts a quoted list, because the chart of the Go operator quotes twice. */
function listOf(text: string): string[] {
  return text
    .replace(/^"|"$/g, '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
