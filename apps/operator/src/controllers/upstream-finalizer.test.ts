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
  for (const name of ['quick', 'slow', 'late']) remover.see(name, { name, finalizers: FINALIZERS })
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
