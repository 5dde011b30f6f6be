import { expect, it } from 'vitest'
import { percentilesOf } from './percentiles.ts'

it('uses the nearest rank, in any order of values', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  expect(percentilesOf(values)).toEqual({ p50: 100, p99: 198, max: 200 })
})

it('is the value itself for one, and NaN for none', () => {
  expect(percentilesOf([7])).toEqual({ p50: 7, p99: 7, max: 7 })
  expect(percentilesOf([]).p99).toBeNaN()
})
