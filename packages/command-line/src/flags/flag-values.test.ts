import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Flags } from './flag.ts'
import { deprecationsOf, flagValues, variableOf } from './flag-values.ts'

const FLAGS = {
  out: { kind: 'text', help: 'Output.' },
  region: { kind: 'region', default: 'cn-hangzhou', help: 'Region.' },
  output: { kind: 'text', choices: ['human', 'json'], default: 'human', help: 'Format.' },
  watch: { kind: 'switch', help: 'Keep running.' },
  'leader-elect': { kind: 'boolean', default: 'true', help: 'Elect.' },
  filename: { kind: 'files', help: 'Manifests.' },
  namespaces: { kind: 'namespaces', help: 'Namespaces.' },
  timeout: { kind: 'duration', max: '24h', help: 'Limit.' },
  'latency-ms': { kind: 'integer', min: '0', max: '60000', help: 'Delay.' },
  'bind-address': { kind: 'address', default: ':8080', help: 'Address.' },
  old: { kind: 'count', deprecated: 'use --new', help: '' },
} as const satisfies Flags

const DEFAULTS = {
  out: undefined,
  region: 'cn-hangzhou',
  output: 'human',
  watch: false,
  'leader-elect': true,
  filename: [],
  namespaces: [],
  timeout: undefined,
  'latency-ms': undefined,
  'bind-address': { host: '', port: 8080 },
  old: undefined,
}

/** A flag, its text, and its value. */
const CASES: [name: keyof typeof FLAGS, text: string, value: unknown][] = [
  ['out', 'a', 'a'],
  ['region', 'cn-beijing', 'cn-beijing'],
  ['output', 'json', 'json'],
  ['watch', 'true', true],
  ['leader-elect', 'F', false],
  ['filename', 'a,b', ['a,b']],
  ['namespaces', 'a, b', ['a', 'b']],
  ['timeout', '1h30m', 5_400_000],
  ['latency-ms', '60000', 60_000],
  ['bind-address', '0', null],
]

describe('flagValues', () => {
  it('has a value for each flag, typed by its kind', () => {
    const values = flagValues(FLAGS, { given: {} })
    expect(values).toEqual(DEFAULTS)
    expectTypeOf(values.out).toEqualTypeOf<string | undefined>()
    expectTypeOf(values.output).toEqualTypeOf<'human' | 'json'>()
    expectTypeOf(values.filename).toEqualTypeOf<readonly string[]>()
    expectTypeOf(values['bind-address']).toEqualTypeOf<{ readonly host: string; readonly port: number } | null>()
  })

  it.each(CASES)('reads --%s %s from the command line, and from its variable', (name, text, value) => {
    const env = { [variableOf(name)]: text }
    expect(flagValues(FLAGS, { given: { [name]: text } })).toEqual({ ...DEFAULTS, [name]: value })
    expect(flagValues(FLAGS, { given: {}, env })).toEqual({ ...DEFAULTS, [name]: value })
    expect(flagValues(FLAGS, { given: {} })).toEqual(DEFAULTS)
  })

  it('prefers the command line to the environment', () => {
    expect(flagValues(FLAGS, { given: { region: 'a' }, env: { ACKSM_REGION: 'b' } }).region).toBe('a')
  })

  it.each(Object.keys(FLAGS))('takes an empty variable of --%s for one that is not set', (name) => {
    expect(flagValues(FLAGS, { given: {}, env: { [variableOf(name)]: '' } })).toEqual(DEFAULTS)
  })

  it('refuses an empty flag, unless it means not set', () => {
    expect(() => flagValues(FLAGS, { given: { out: '' } })).toThrow('--out "": expected some text')
    expect(flagValues(FLAGS, { given: { region: '' }, env: { ACKSM_REGION: 'b' }, allowEmpty: true })).toEqual(DEFAULTS)
  })

  it.each(CASES)('takes an empty --%s for one that is not set, also repeated', (name, text, value) => {
    const read = (...texts: string[]): unknown => flagValues(FLAGS, { given: { [name]: texts }, allowEmpty: true })
    expect([read(''), read('', '')]).toEqual([DEFAULTS, DEFAULTS])
    const expected = { ...DEFAULTS, [name]: value }
    expect([read('', text), read(text, '')]).toEqual([expected, expected])
  })

  it.each([
    ['latency-ms', '60001', '--latency-ms 60001: expected a whole number from 0 to 60000'],
    ['timeout', '25h', '--timeout 25h: expected a duration from 1s to 24h, such as 90s or 1h30m'],
    ['output', 'yaml', '--output yaml: expected human or json'],
    ['watch', 'maybe', '--watch maybe: expected true or false'],
  ])('refuses --%s %s', (name, text, message) => {
    expect(() => flagValues(FLAGS, { given: { [name]: text } })).toThrow(message)
  })

  it.each([
    [{}, 'a whole number ≥ 0', 'a number ≥ 0'],
    [{ min: '2' }, 'a whole number ≥ 2', 'a number ≥ 2'],
    [{ max: '5' }, 'a whole number from 0 to 5', 'a number from 0 to 5'],
    [{ min: '2', max: '5' }, 'a whole number from 2 to 5', 'a number from 2 to 5'],
  ])('names the bounds %o of a number', (range, integer, number) => {
    const flags = { i: { kind: 'integer', help: '', ...range }, n: { kind: 'number', help: '', ...range } } as const
    expect(() => flagValues(flags, { given: { i: '-1' } })).toThrow(`--i -1: expected ${integer}`)
    expect(() => flagValues(flags, { given: { n: '-1' } })).toThrow(`--n -1: expected ${number}`)
  })

  it('requires a required flag', () => {
    const flags = { seed: { kind: 'text', value: 'FILE', required: true, help: '' } } as const satisfies Flags
    expect(() => flagValues(flags, { given: {} })).toThrow('--seed FILE is required')
  })

  it('ignores any value of a deprecated flag, and says so', () => {
    const sources = { given: { old: 'x' } }
    expect(flagValues(FLAGS, sources)).toEqual(DEFAULTS)
    expect(deprecationsOf(FLAGS, sources)).toEqual(['--old has no effect: use --new'])
  })
})
