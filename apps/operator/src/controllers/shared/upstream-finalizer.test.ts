import type { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { UpstreamFinalizerRemover } from './upstream-finalizer.ts'

const FINALIZERS = ['finalizer.ack.secrets-manager.alibabacloud.com']

it('on close finishes the current patch within the grace period and starts no other', async () => {
  const clock = new ManualClock()
  const begun = new Map<string, () => void>()
  const ends: string[] = []
  const remover = new UpstreamFinalizerRemover({
    client: {
      mergePatch: (path, _patch, { signal }) => {
        signal.addEventListener('abort', () => ends.push(`${path} is cut off`))
        return new Promise((resolve) => begun.set(path, () => resolve({ metadata: {} } as never)))
      },
    },
    pathOf: (key) => key,
    onError: (key: string, error: SecretSyncError) => ends.push(`${key} ${error.code}`),
    clock,
  })
  for (const name of ['quick', 'slow', 'late']) remover.observe(name, { name, finalizers: FINALIZERS })
  remover.start()
  const closed = remover.close(1_000).then(() => ends.push('closed'))
  await clock.advance(999)
  begun.get('quick')?.()
  await clock.advance(0)
  expect(ends).toEqual([])
  await clock.advance(1)
  begun.get('slow')?.()
  await closed
  expect(ends).toEqual(['slow is cut off', 'slow Cancelled', 'closed'])
  expect([...begun.keys()]).toEqual(['quick', 'slow'])
})

it('removes it at once, and with a growing backoff if another controller adds it again', async () => {
  const clock = new ManualClock()
  const patchedAtMs: number[] = []
  const remover = new UpstreamFinalizerRemover({
    client: {
      mergePatch: async () => {
        patchedAtMs.push(clock.monotonic() - startMs)
        // The watch delivers the patched resource, then the other controller's change.
        remover.observe('a', { name: 'a' })
        remover.observe('a', { name: 'a', finalizers: FINALIZERS })
        return { metadata: {} } as never
      },
    },
    pathOf: (key) => key,
    onError: () => {},
    clock,
  })
  const startMs = clock.monotonic()
  remover.start()
  remover.observe('a', { name: 'a', finalizers: FINALIZERS })
  for (let second = 0; second < 70; second += 1) await clock.advance(1_000)
  expect(patchedAtMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000])
  remover.observe('a', undefined)
  remover.observe('a', { name: 'a', finalizers: FINALIZERS })
  await clock.advance(0)
  expect(patchedAtMs.at(-1)).toBe(70_000)
  await remover.close(0)
})
