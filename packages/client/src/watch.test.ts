import { getEventListeners } from 'node:events'
import { dependentSignals } from '@ack-secret-manager/test-support/dependent-signals'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import { startTestKms } from './testing/kms.ts'

const kms = useFixture(() => startTestKms({ secrets: [{ name: 'a', versions: [{ id: 'v0', data: 'x' }] }] }))
beforeEach(async () => {
  await kms.control('DELETE', '/faults')
  await kms.put('a', 'first')
})

describe('watch', () => {
  it('yields the current version and each change, through an outage', async () => {
    await using client = kms.client({ refreshIntervalMs: 100 })
    const seen: string[] = []
    for await (const version of client.watch('a')) {
      seen.push(version.text())
      if (seen.length === 1) {
        await kms.control('POST', '/faults', { fault: 'http503', count: 2 })
        await kms.put('a', 'second')
      }
      if (seen.length === 2) {
        await kms.put('a', 'second')
        await kms.put('a', 'skipped')
        await kms.put('a', 'third')
      }
      if (version.text() === 'third') break
    }
    expect(seen.slice(0, 2)).toEqual(['first', 'second'])
    expect(seen.at(-1)).toBe('third')
  })

  it('ends when the client is closed', async () => {
    const client = kms.client()
    const seen: string[] = []
    for await (const version of client.watch('a')) {
      seen.push(version.text())
      setImmediate(() => void client.close())
    }
    expect(seen).toEqual(['first'])
  })

  it('fails when its signal aborts', async () => {
    await using client = kms.client()
    const controller = new AbortController()
    const watching = async (): Promise<void> => {
      for await (const { name } of client.watch('a', { signal: controller.signal })) {
        setImmediate(() => controller.abort(name))
      }
    }
    await expect(watching()).rejects.toMatchObject({ code: 'Cancelled', message: 'watching secret a: cancelled' })
  })

  it('ends by return while it waits for a change', async () => {
    await using client = kms.client()
    const watching = client.watch('a')
    await watching.next()
    const waiting = watching.next()
    expect(await watching.return()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('leaves nothing at a signal that outlives it', async () => {
    await using client = kms.client()
    const { signal } = new AbortController()
    for (let round = 0; round < 2; round += 1) {
      for await (const { name } of client.watch('a', { signal })) if (name === 'a') break
    }
    expect([getEventListeners(signal, 'abort').length, dependentSignals(signal)]).toEqual([0, 0])
  })

  it('fails if there is no first version', async () => {
    await using client = kms.client()
    await expect(client.watch('none').next()).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('keeps watched secrets in a full cache', async () => {
    await using client = kms.client({ maxSecrets: 1 })
    const watching = client.watch('a')
    await watching.next()
    await expect(client.text('b')).rejects.toThrow('maxSecrets: 1 secrets are watched already')
    await watching.return()
    await expect(client.text('b')).rejects.toMatchObject({ code: 'NotFound' })
  })
})
