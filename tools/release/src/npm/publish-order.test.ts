import { expect, it } from 'vitest'
import { publishOrder } from './publish-order.ts'

/** Packages by name, with what they need. */
const of = (packages: Readonly<Record<string, readonly string[]>>): string[] =>
  publishOrder(Object.entries(packages).map(([name, needs]) => ({ name, needs })))

it.each([
  ['nothing', {}, []],
  ['a chain', { cli: ['engine'], engine: ['core'], core: [] }, ['core', 'engine', 'cli']],
  ['equal ones by name', { b: [], a: [] }, ['a', 'b']],
  [
    'a diamond',
    { top: ['left', 'right'], right: ['base'], left: ['base'], base: [] },
    ['base', 'left', 'right', 'top'],
  ],
  ['only our packages', { a: ['zod', 'undici'] }, ['a']],
] as const)('orders %s', (_what, packages, order) => expect(of(packages)).toEqual(order))

it('names packages that need each other', () => {
  expect(() => of({ core: [], b: ['a'], a: ['b'] })).toThrow('these packages need each other: a, b')
})
