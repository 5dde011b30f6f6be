import { expect, it } from 'vitest'
import { NonceStore } from './nonce-store.ts'

it('accepts a nonce once, and again after it was dropped', () => {
  const store = new NonceStore({ ttlMs: 1_000 })
  expect(store.use('a', 0)).toBe(true)
  expect(store.use('a', 999)).toBe(false)
  expect(store.use('a', 1_000)).toBe(true)
  expect(store.use('a', 1_999)).toBe(false)
})

it('drops expired nonces and respects its limit', () => {
  const store = new NonceStore({ ttlMs: 1_000, limit: 3 })
  for (const nonce of ['a', 'b', 'c', 'd']) store.use(nonce, 0)
  expect(store.size).toBe(3)
  expect(store.use('b', 1)).toBe(false)
  expect(store.use('a', 1)).toBe(true)
  store.use('z', 5_000)
  expect(store.size).toBe(1)
})
