import { ManualClock, type SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { UpstreamFinalizerRemover } from './upstream-finalizer.ts'

const FINALIZERS = ['finalizer.ack.secrets-manager.alibabacloud.com']

it('finishes the patch that it has begun when it closes, cuts off what takes longer, and begins no other', async () => {
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

it('takes it off at once, and after growing pauses where another controller puts it back', async () => {
  const clock = new ManualClock()
  const patchedAtMs: number[] = []
  const remover = new UpstreamFinalizerRemover({
    client: {
      mergePatch: async () => {
        patchedAtMs.push(clock.monotonic() - startMs)
        // The watch brings the patched resource, and the one that the other controller has made of it.
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
