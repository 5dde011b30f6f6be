import { type TypedShape, typedText } from '@ack-secret-manager/command-line'
import { parseDuration } from '@ack-secret-manager/core'
import { UsageError } from '../input-error.ts'
import type { Flag, KindValues } from './flag.ts'

const MIN_DURATION_MS = 1_000
const MAX_DURATION_MS = 24 * 3_600_000
const MAX_PORT = 65_534
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

type Single = Exclude<keyof KindValues, 'switch' | 'list' | 'paths'>

const PARSERS: {
  readonly [K in Single]: {
    readonly shape: TypedShape
    readonly expected: string
    readonly parse: (text: string) => KindValues[K] | undefined
  }
} = {
  text: { shape: 'word', expected: 'some text', parse: (text) => (text === '' ? undefined : text) },
  duration: {
    shape: 'quantity',
    expected: 'a duration from 1s to 24h, such as 90s or 1h30m',
    parse: (text) => {
      const ms = parseDuration(text)
      return ms !== undefined && ms >= MIN_DURATION_MS && ms <= MAX_DURATION_MS ? ms : undefined
    },
  },
  namespace: {
    shape: 'names',
    expected: 'the name of a namespace: lower-case letters, digits and "-"',
    parse: (text) => (NAMESPACE.test(text) ? text : undefined),
  },
  port: {
    shape: 'quantity',
    expected: `a port from 1 to ${MAX_PORT}`,
    parse: (text) =>
      /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PORT ? Number(text) : undefined,
  },
}

/** Parses the value of a flag. @throws UsageError with the flag, the expected value, and the typed text unless it could be a secret */
export function flagValue(name: string, flag: Flag, given: unknown): KindValues[keyof KindValues] | undefined {
  const { kind } = flag
  if (kind === 'switch') return given === true
  if (kind === 'list' || kind === 'paths') return listOf(name, flag, given)
  const text = typeof given === 'string' ? given : flag.default
  if (text === undefined) {
    if (flag.required) throw new UsageError(`--${name} ${flag.value ?? 'VALUE'} is required`)
    return undefined
  }
  const { shape, expected, parse } = PARSERS[kind]
  if (flag.choices && !flag.choices.includes(text)) {
    throw new UsageError(`--${name} ${typedText(text, shape)}: expected ${flag.choices.join(' or ')}`)
  }
  const value = parse(text)
  if (value === undefined) throw new UsageError(`--${name} ${typedText(text, shape)}: expected ${expected}`)
  return value
}

function listOf(name: string, flag: Flag, given: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(given) ? given : []
  if (values.length === 0 && flag.required) throw new UsageError(`--${name} ${flag.value ?? 'VALUE'} is required`)
  return values.map((value) => {
    if (typeof value === 'string' && value !== '') return value
    throw new UsageError(`--${name} "": expected some text`)
  })
}
