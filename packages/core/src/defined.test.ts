import { expect, expectTypeOf, it } from 'vitest'
import { defined, withDefaults } from './defined.ts'

it('drops undefined members and keeps every other value', () =>
  expect(Object.entries(defined({ a: undefined, b: null, c: false, d: 0, e: '' }))).toEqual([
    ['b', null],
    ['c', false],
    ['d', 0],
    ['e', ''],
  ]))

it('makes members optional that exactOptionalPropertyTypes would reject as undefined', () => {
  const endpoint = undefined as string | undefined
  expectTypeOf({ region: 'r', ...defined({ endpoint }) }).toExtend<{ region: string; endpoint?: string }>()
})

it('fills in a default for an option that is absent or undefined', () => {
  interface Options {
    readonly name: string
    readonly limit?: number
    readonly timeoutMs?: number
    readonly onError?: () => void
  }
  const options = { name: 'a', limit: 0, timeoutMs: undefined, onError: undefined } as unknown as Options
  const settings = withDefaults(options, { limit: 5, timeoutMs: 10 })
  expect(settings).toStrictEqual({ name: 'a', limit: 0, timeoutMs: 10 })
  expectTypeOf(settings).toExtend<{ name: string; limit: number; timeoutMs: number; onError?: () => void }>()
})
