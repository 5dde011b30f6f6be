import { expect, it } from 'vitest'
import { closeResource } from './close-resource.ts'

it.each([
  ['an object with end', 'end', (calls: string[]) => ({ end: () => void calls.push('end') })],
  [
    'a function with end, as of postgres.js',
    'end',
    (calls: string[]) => functionWith({ end: () => void calls.push('end') }),
  ],
  [
    'a function with destroy, as of knex',
    'destroy',
    (calls: string[]) => functionWith({ destroy: () => void calls.push('destroy') }),
  ],
])('closes %s', async (_what, expected, resource) => {
  const calls: string[] = []
  await closeResource(resource(calls))
  expect(calls).toEqual([expected])
})

it.each([[null], [undefined], ['text'], [{}], [() => undefined]])('leaves %s alone', async (resource) => {
  await closeResource(resource)
})

function functionWith(methods: object): unknown {
  return Object.assign(() => {
    throw new Error('called')
  }, methods)
}
