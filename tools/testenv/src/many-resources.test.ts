import { expect, it } from 'vitest'
import { externalSecretManifest, forEachIndex, revisionOfMany, seedOfMany } from './many-resources.ts'

it('shares secrets if there are more resources', () => {
  const keys = Array.from({ length: 6 }, (_, index) => JSON.stringify(externalSecretManifest(index, 3).spec))
  expect(new Set(keys).size).toBe(3)
  expect(keys[0]).toBe(keys[3])
})

it('changes every value with a revision', () => {
  const valuesOf = (secrets: object): string[] =>
    [...JSON.stringify(secrets).matchAll(/revision-\d+-of-many-\d+/g)].map(String)
  const before = valuesOf(seedOfMany(3))
  const after = valuesOf(revisionOfMany(3, 1))
  expect(new Set([...before, ...after]).size).toBe(6)
})

it('visits each index once, with limited concurrency', async () => {
  const seen: number[] = []
  let active = 0
  let most = 0
  await forEachIndex(10, 3, async (index) => {
    active += 1
    most = Math.max(most, active)
    await Promise.resolve()
    seen.push(index)
    active -= 1
  })
  expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(most).toBe(3)
})
