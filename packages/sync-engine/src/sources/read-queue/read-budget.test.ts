import { expect, it } from 'vitest'
import { ReadBudgets } from './read-budget.ts'

const budget = (store: string) => ({ store, isShared: true, maxPerSecond: 2 })

it('keeps the bucket of an unused store until it is full, then drops it', () => {
  const budgets = new ReadBudgets()
  for (const store of ['used', 'left']) {
    budgets.join(budget(store))
    budgets.take(budget(store), 0)
  }
  budgets.leave(budget('left'))
  budgets.prune(499)
  expect([budgets.size, budgets.readyAtMs('left', 499)]).toEqual([2, 500])
  budgets.prune(500)
  expect([budgets.size, budgets.readyAtMs('left', 500)]).toEqual([1, 500])
})

it('does not drop a bucket that is used again', () => {
  const budgets = new ReadBudgets()
  budgets.join(budget('shared'))
  budgets.leave(budget('shared'))
  budgets.join(budget('shared'))
  budgets.take(budget('shared'), 0)
  budgets.prune(10_000)
  expect(budgets.size).toBe(1)
})
