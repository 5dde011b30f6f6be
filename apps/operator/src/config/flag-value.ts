import { parseDuration, type TypedShape, typedText } from '@ack-secret-manager/core'
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
  readonly namespaces: readonly string[]
  readonly 'namespace-patterns': readonly string[]
  readonly endpoint: string
  readonly endpoints: readonly string[]
  readonly region: string
  readonly name: string
  readonly paths: readonly string[]
  readonly packages: readonly string[]
  readonly address: BindAddress | undefined
}

type Parser<T> = (text: string) => T | undefined

const MAX_COUNT = 1_000
/** As Go's `strconv.ParseBool` takes them. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
])
/** DNS-1123 label, as namespaces have it. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const ENDPOINT = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?(:\d{1,5})?$/
const ENDPOINT_PATTERN = /^(?!.*\*\*)[a-z0-9*][-a-z0-9.*]{0,252}(:\d{1,5})?$/
/** DNS-1123 subdomain, as most objects have it. */
const SUBDOMAIN = /^(?!.{254})[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
/** {@link LABEL}, with any characters where a `*` is. */
const LABEL_PATTERN = /^[-a-z0-9*]{1,63}$/
/** Every entry without a store is compared with all of them. */
const MAX_PATTERNS = 256
/** Each watched namespace costs three watches. */
const MAX_NAMESPACES = 64
const PACKAGE = /^(?:@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/
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
    expected: `a whole number from 1 to ${MAX_COUNT}`,
    parse: (text) => (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_COUNT ? Number(text) : undefined),
  },
  number: {
    shape: 'quantity',
    expected: 'a number ≥ 0',
    parse: (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
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
    expected: `at most ${MAX_NAMESPACES} names of namespaces, separated by commas`,
    parse: (text) => {
      const names = listOf(text)
      return names.length <= MAX_NAMESPACES && names.every((name) => LABEL.test(name)) ? names : undefined
    },
  },
  'namespace-patterns': {
    shape: 'names',
    expected: `at most ${MAX_PATTERNS} names of namespaces, separated by commas, * for any characters`,
    parse: (text) => {
      const patterns = listOf(text)
      const isValid = patterns.length <= MAX_PATTERNS && patterns.every((pattern) => LABEL_PATTERN.test(pattern))
      return isValid ? patterns : undefined
    },
  },
  endpoint: {
    shape: 'names',
    expected: 'HOST or HOST:PORT',
    parse: (text) => (ENDPOINT.test(text) ? text : undefined),
  },
  endpoints: {
    shape: 'names',
    expected: 'HOST or HOST:PORT, * within a label',
    parse: (text) => {
      const patterns = listOf(text)
      return patterns.every((pattern) => ENDPOINT_PATTERN.test(pattern)) ? patterns : undefined
    },
  },
  paths: {
    shape: 'names',
    expected: 'absolute paths',
    parse: (text) => {
      const paths = listOf(text)
      return paths.every((path) => path.startsWith('/')) ? paths : undefined
    },
  },
  packages: {
    shape: 'names',
    expected: 'names of npm packages, separated by commas',
    parse: (text) => {
      const names = listOf(text)
      return names.every((name) => PACKAGE.test(name)) ? names : undefined
    },
  },
  region: {
    shape: 'names',
    expected: 'a region such as cn-hangzhou',
    parse: (text) => (LABEL.test(text) ? text : undefined),
  },
  name: {
    shape: 'names',
    expected: 'the name of an object: at most 253 of a-z, 0-9, - and .',
    parse: (text) => (SUBDOMAIN.test(text) ? text : undefined),
  },
  address: {
    shape: 'names',
    expected: 'HOST:PORT, :PORT, or 0 for none',
    parse: (text) => {
      const match = HOST_PORT.exec(text)
      if (!match || Number(match[3]) > 65_535) return undefined
      return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
    },
  },
}

/** Reads the value of a flag. @throws UsageError naming flag and what was expected, and a value that cannot be a secret */
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

/** The Go operator takes a quoted list as well: its chart quotes twice. */
function listOf(text: string): string[] {
  return text
    .replace(/^"|"$/g, '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
