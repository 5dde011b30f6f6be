import type { ObservedSecret, TargetRef } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { digester, valueOf } from './testing/fixtures.ts'

/** A writer with an empty cache, like for Secrets without our label. */
class UncachedWriter extends MemoryWriter {
  override observe(target: TargetRef, { fresh = false } = {}): Promise<ObservedSecret | undefined> {
    return fresh ? super.observe(target) : Promise.resolve(undefined)
  }
}

it('writes new values to its target that is neither in the cache nor in the status', async () => {
  const errors: string[] = []
  const { clock, values, writer, upsert } = engineFixture(
    { 'app/db': valueOf('1', '1') },
    {
      writer: new UncachedWriter(digester),
      observer: { failed: (_key, error) => errors.push(error.message) },
    },
  )
  upsert({ data: [{ key: 'app/db', name: 'password' }] })
  await clock.advance(0)
  values.set('app/db', valueOf('2', '2'))
  await clock.advance(125_000)
  expect(writer.textsOf('web')).toEqual({ password: '2' })
  expect(errors.join('\n')).not.toContain('replica')
})
