import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contentDigester } from './content-digest.ts'
import { fingerprint } from './credentials/fingerprint.ts'
import { Heap } from './collections/heap.ts'
import { Semaphore } from './collections/semaphore.ts'

it('Heap returns items in order for any sequence of pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 4 })), (moves) => {
      const heap = new Heap<number>((a, b) => a < b)
      const model: number[] = []
      for (const move of moves) {
        if (move === null) {
          model.sort((a, b) => a - b)
          expect(heap.pop()).toBe(model.shift())
        } else {
          heap.push(move)
          model.push(move)
        }
        expect(heap.size).toBe(model.length)
      }
    }),
  )
})

it('Semaphore runs at most its limit at once, in order, including failures', async () => {
  const semaphore = new Semaphore(2)
  const started: number[] = []
  const release: Array<(error?: Error) => void> = []
  const runs = [0, 1, 2, 3].map((index) =>
    semaphore.run(
      () =>
        new Promise<void>((resolve, reject) => {
          started.push(index)
          release[index] = (error) => (error ? reject(error) : resolve())
        }),
    ),
  )
  await Promise.resolve()
  expect(started).toEqual([0, 1])
  release[0]?.(new Error('failed'))
  await expect(runs[0]).rejects.toThrow('failed')
  await Promise.resolve()
  expect(started).toEqual([0, 1, 2])
  release[1]?.()
  await runs[1]
  release[2]?.()
  await runs[2]
  release[3]?.()
  await runs[3]
  expect(() => new Semaphore(0)).toThrow('limit')
})

it('Semaphore lets groups take turns, regardless of how many callers of one wait', async () => {
  const semaphore = new Semaphore(1)
  const started: string[] = []
  const run = (name: string, group: string): Promise<void> =>
    semaphore.run(() => {
      started.push(name)
      return Promise.resolve()
    }, group)
  const noisy = ['a1', 'a2', 'a3', 'a4'].map((name) => run(name, 'a'))
  await Promise.all([...noisy, run('b1', 'b'), run('b2', 'b'), run('c1', 'c')])
  expect(started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

it('fingerprint is equal for equal parts only, and does not reveal them', () => {
  expect(fingerprint('ab', 'c')).toBe(fingerprint('ab', 'c'))
  expect(fingerprint('ab', 'c')).not.toBe(fingerprint('a', 'bc'))
  expect(fingerprint('LTAI', 'secret')).not.toBe(fingerprint('LTAI', 'other'))
  expect(fingerprint('hunter2')).not.toContain('hunter2')
})

it('contentDigester distinguishes targets and keys', () => {
  const [one, two] = [contentDigester(), contentDigester()]
  const bytes = new TextEncoder().encode('same')
  const at = (name: string, key: string, digester = one): string =>
    digester.digest({ namespace: 'ns', name }, key, bytes)
  expect(at('web', 'a')).toBe(at('web', 'a'))
  expect(new Set([at('web', 'a'), at('web', 'b'), at('api', 'a'), at('web', 'a', two)]).size).toBe(4)
  expect(one.keyId).not.toBe(two.keyId)
  expect(() => contentDigester(new Uint8Array(3))).toThrow('expected 32 bytes, got 3')
})
