import { describe, expect, it } from 'vitest'
import { MetadataBudget } from './metadata-budget.ts'

const KIB = 1_024

it('counts nothing for the usual size of an entry', () => {
  expect([8 * KIB, 8 * KIB + 1, 200 * KIB].map((bytes) => MetadataBudget.excessOf(bytes))).toEqual([0, 1, 192 * KIB])
})

describe('MetadataBudget', () => {
  const fill = (budget: MetadataBudget, namespace: string, bytes = 1): number => {
    let count = 0
    for (; budget.admits(namespace, bytes, 0); count += 1) budget.add(namespace, bytes)
    return count
  }

  it('gives a namespace at most as much as remains for the others', () => {
    const budget = new MetadataBudget({ totalBytes: 1_200 })
    expect(fill(budget, 'a')).toBe(600)
    expect([fill(budget, 'b'), fill(budget, 'c'), fill(budget, 'd')]).toEqual([300, 150, 75])
    budget.add('a', -600)
    expect([fill(budget, 'b'), fill(budget, 'a')]).toEqual([188, 244])
  })

  it('gives every namespace a 256th, even if others use the whole budget', () => {
    const budget = new MetadataBudget({ totalBytes: 64 * KIB * KIB })
    for (let at = 0; at < 40; at += 1) fill(budget, `evil-${at}`, 16 * KIB)
    expect([fill(budget, 'good', 16 * KIB), fill(budget, 'next', 128 * KIB)]).toEqual([16, 2])
  })

  it('admits the same Secret again, and a smaller one, in a full budget', () => {
    const budget = new MetadataBudget({ totalBytes: 100 })
    expect(fill(budget, 'a', 10)).toBe(5)
    expect([budget.admits('a', 10, 10), budget.admits('a', 5, 10), budget.admits('a', 21, 10)]).toEqual([
      true,
      true,
      false,
    ])
    expect(budget.admits('a', 0, 0)).toBe(true)
  })

  it('reports the first uncached Secret of a namespace, and the end of the last one', () => {
    const calls: string[] = []
    const budget = new MetadataBudget({
      totalBytes: 0,
      onExceeded: (namespace) => void calls.push(`exceeded ${namespace}`),
      onRecovered: (namespace) => void calls.push(`recovered ${namespace}`),
    })
    for (const change of [1, 1, -1] as const) budget.addUncached('a', change)
    budget.addUncached('b', 1)
    expect([calls, budget.uncached]).toEqual([['exceeded a', 'exceeded b'], 2])
    budget.addUncached('a', -1)
    expect([calls.slice(2), budget.uncached]).toEqual([['recovered a'], 1])
  })
})
