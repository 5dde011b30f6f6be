import { type BackendConnection, SecretSyncError, type SecretValue } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { LiveConnection } from './live-connection.ts'

const { signal } = new AbortController()

it.each<[string, (live: LiveConnection) => readonly Promise<void>[]]>([
  ['drained', (live) => [live.drain()]],
  ['drained twice', (live) => [live.drain(), live.drain()]],
  ['drained, then closed at once', (live) => [live.drain(), live.closeNow()]],
  ['closed at once, then drained', (live) => [live.closeNow(), live.drain()]],
])('closes its backend once when it is %s, with and without a read', async (_how, end) => {
  for (const isReading of [false, true]) {
    let closes = 0
    const read = Promise.withResolvers<SecretValue>()
    const backend = {
      read: () => read.promise,
      close: async () => {
        closes += 1
      },
    }
    const connection: BackendConnection = { key: 'k', kind: 'kms', quota: { account: '1', region: 'r' }, backend }
    const live = new LiveConnection(connection, { clock: new ManualClock(), plugin: undefined, onChange: () => {} })
    const reading = isReading ? live.read({ name: 'db' }, { signal }).catch(() => undefined) : undefined
    const ended = end(live)
    if (isReading) read.reject(new SecretSyncError('Cancelled', 'closed'))
    await Promise.all([reading, ...ended])
    await live.closed
    expect([isReading, closes]).toEqual([isReading, 1])
  }
})
