import { expect, expectTypeOf, it } from 'vitest'
import { defined } from './defined.ts'

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
