import { readFile } from 'node:fs/promises'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type Clock, isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import { TcpRelay } from '@ack-secret-manager/test-support/fault-proxy'
import { createOf } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WriterBench } from '../testing/writer-bench.ts'

const { signal } = new AbortController()
const GRACE_MS = 30_000

describeCluster('a 403 shortly after the connection to the API server broke', () => {
  const cluster = useCluster()
  let skippedMs = 0
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs }
  let limited: WriterBench

  const relay = useFixture(async () => TcpRelay.open(await readFile(cluster.kubeconfigPath, 'utf8')))
  const admin = useFixture(() =>
    WriterBench.open({ ...cluster, kubeconfigPath: relay.kubeconfigPath }, { watch: false }),
  )
  beforeAll(async () => {
    await admin.grant('list', 'watch')
    limited = await admin.withoutRights({ clock })
  })
  afterAll(async () => {
    await limited[Symbol.asyncDispose]()
  })

  it('is an outage for 30 seconds, and a denied write before and after', async () => {
    const target = { namespace: cluster.namespace, name: 'denied' }
    const owner = await admin.owner('denied')
    const write = (): Promise<unknown> =>
      limited.writer.apply(createOf(limited, target, owner, { a: '1' }), { signal }).then(
        () => 'written',
        (error: unknown) => (isSecretSyncError(error) ? [error.code, error.facts.httpStatus] : error),
      )
    expect(await write()).toEqual(['WriteDenied', 403])

    relay.cut()
    relay.restore()
    await vi.waitFor(() => expect(limited.writer.watchStats?.faults).toBeGreaterThan(0), { timeout: 40_000 })
    expect(await write()).toEqual(['Unavailable', 403])

    skippedMs = GRACE_MS
    expect(await write()).toEqual(['WriteDenied', 403])
    expect(await admin.object(target)).toBeUndefined()
  })
})
