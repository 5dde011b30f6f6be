import { parseDuration } from '@ack-secret-manager/core'
import { FLAG_PATTERNS, type FlagPattern } from './flag-patterns.ts'
import type { TypedShape } from './typed-text.ts'

/** A host and port to listen on. */
export interface BindAddress {
  readonly host: string
  readonly port: number
}

/** Bounds of an `integer` or a `number`; `max` also of a `count` or a `duration`. As typed. */
export interface FlagRange {
  readonly min?: string
  readonly max?: string
}

interface Kind<T> {
  readonly shape: TypedShape
  /** What the error message says that it expected. */
  readonly expected: string | ((range: FlagRange) => string)
  /** @returns undefined for an invalid value */
  readonly parse: (text: string, range: FlagRange) => T | undefined
  /**
   * How the value is given. `none`: the flag alone means true. `optional`: so does it, and `=false` is allowed. `commas`: repeated, or
   * separated by commas. `repeated`: one value each time. `several`: one or more values each time.
   */
  readonly given?: 'none' | 'optional' | 'commas' | 'repeated' | 'several'
}

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
/** The port after it is also used. */
const MAX_PORT = 65_534
const MIN_DURATION_MS = 1_000

const boolean = {
  shape: 'word',
  expected: 'true or false',
  parse: (text: string) => BOOLEANS.get(text.toLowerCase()),
} as const
const eachText = {
  shape: 'word',
  expected: 'some text',
  parse: (text: string): readonly string[] | undefined => (text === '' ? undefined : [text]),
} as const

/** All kinds of flags. */
export const FLAG_KINDS = {
  text: { shape: 'word', expected: 'some text', parse: (text) => (text === '' ? undefined : text) },
  /** Repeated; a value may contain commas. */
  list: { ...eachText, given: 'repeated' },
  /** Files or directories: `-f a b -f c`. */
  files: { ...eachText, given: 'several' },
  boolean: { ...boolean, given: 'optional' },
  switch: { ...boolean, given: 'none' },
  /** From 1 to `max`, or to 1000. */
  count: {
    shape: 'quantity',
    expected: ({ max = '1000' }) => `a whole number from 1 to ${max}`,
    parse: (text, range) => withinRange(numberIn(FLAG_PATTERNS.count)(text), range),
  },
  /** From `min` to `max`, or any from 0. */
  number: {
    shape: 'quantity',
    expected: (range) => `a number ${rangeText(range)}`,
    parse: (text, range) => withinRange(numberIn(FLAG_PATTERNS.number)(text), range),
  },
  /** From `min` to `max`, or any from 0. */
  integer: {
    shape: 'quantity',
    expected: (range) => `a whole number ${rangeText(range)}`,
    parse: integerIn,
  },
  port: {
    shape: 'quantity',
    expected: `a port from 1 to ${MAX_PORT}`,
    parse: (text) => integerIn(text, { min: '1', max: String(MAX_PORT) }),
  },
  /** A Go duration of at least a second, up to `max`; its value is in milliseconds. */
  duration: {
    shape: 'quantity',
    expected: ({ max }) =>
      `a duration ${max === undefined ? 'of at least 1s' : `from 1s to ${max}`}, such as 90s or 1h30m`,
    parse: (text, { max }) => {
      const ms = parseDuration(text)
      const maxMs = max === undefined ? Infinity : (parseDuration(max) ?? 0)
      return ms !== undefined && ms >= MIN_DURATION_MS && ms <= maxMs ? ms : undefined
    },
  },
  namespace: {
    shape: 'names',
    expected: 'the name of a namespace: lower-case letters, digits and "-"',
    parse: textOf(FLAG_PATTERNS.namespace),
  },
  namespaces: {
    shape: 'names',
    expected: `at most ${FLAG_PATTERNS.namespaces.maxItems} names of namespaces (a-z, 0-9 and -), separated by commas`,
    parse: entriesOf(FLAG_PATTERNS.namespaces),
    given: 'commas',
  },
  'namespace-patterns': {
    shape: 'names',
    expected: `at most ${FLAG_PATTERNS['namespace-patterns'].maxItems} names of namespaces (a-z, 0-9 and -), separated by commas; * matches any characters`,
    parse: entriesOf(FLAG_PATTERNS['namespace-patterns']),
    given: 'commas',
  },
  endpoint: { shape: 'names', expected: 'HOST or HOST:PORT', parse: textOf(FLAG_PATTERNS.endpoint) },
  endpoints: {
    shape: 'names',
    expected: 'HOST or HOST:PORT; * matches within a label',
    parse: entriesOf(FLAG_PATTERNS.endpoints),
    given: 'commas',
  },
  paths: { shape: 'names', expected: 'absolute paths', parse: entriesOf(FLAG_PATTERNS.paths), given: 'commas' },
  packages: {
    shape: 'names',
    expected: 'npm package names, separated by commas',
    parse: entriesOf(FLAG_PATTERNS.packages),
    given: 'commas',
  },
  region: { shape: 'names', expected: 'a region such as cn-hangzhou', parse: textOf(FLAG_PATTERNS.region) },
  name: {
    shape: 'names',
    expected: 'an object name of at most 253 characters a-z, 0-9, - and .',
    parse: textOf(FLAG_PATTERNS.name),
  },
  account: { shape: 'quantity', expected: 'an account id (digits only)', parse: textOf(FLAG_PATTERNS.account) },
  cluster: { shape: 'names', expected: 'an ACK cluster id', parse: textOf(FLAG_PATTERNS.cluster) },
  /** Null disables the listener. */
  address: {
    shape: 'names',
    expected: 'HOST:PORT, :PORT, or 0 to disable',
    parse: (text): BindAddress | null | undefined => {
      if (text === '0') return null
      const match = HOST_PORT.exec(text)
      if (!match || Number(match[3]) > 65_535) return undefined
      return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
    },
  },
} as const satisfies Readonly<Record<string, Kind<unknown>>>

/** Name of a kind of flag. */
export type FlagKind = keyof typeof FLAG_KINDS

/** The kind of a flag, with its optional properties. */
export function kindOf(kind: FlagKind): Kind<unknown> {
  return FLAG_KINDS[kind]
}

function matchesPattern(text: string, { pattern, maxLength = Infinity }: FlagPattern): boolean {
  return text.length <= maxLength && pattern.test(text)
}

function textOf(flagPattern: FlagPattern): (text: string) => string | undefined {
  return (text) => (matchesPattern(text, flagPattern) ? text : undefined)
}

function numberIn(flagPattern: FlagPattern): (text: string) => number | undefined {
  return (text) => (matchesPattern(text, flagPattern) ? Number(text) : undefined)
}

function rangeText({ min = '0', max }: FlagRange): string {
  return max === undefined ? `≥ ${min}` : `from ${min} to ${max}`
}

function integerIn(text: string, range: FlagRange): number | undefined {
  return /^\d{1,9}$/.test(text) ? withinRange(Number(text), range) : undefined
}

function withinRange(value: number | undefined, { min = '0', max = 'Infinity' }: FlagRange): number | undefined {
  return value !== undefined && value >= Number(min) && value <= Number(max) ? value : undefined
}

function entriesOf(flagPattern: FlagPattern): (text: string) => readonly string[] | undefined {
  const { maxItems = Infinity } = flagPattern
  return (text) => {
    const items = splitList(text)
    return items.length <= maxItems && items.every((item) => matchesPattern(item, flagPattern)) ? items : undefined
  }
}

/** Accepts a quoted list, because the chart of the Go operator quotes twice. */
function splitList(text: string): string[] {
  return text
    .replace(/^"|"$/g, '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
