import { type ObservedSecret, SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TargetObserver } from './target-observer.ts'

const READ_MS = 1_000

/** An observer; each read from the API server takes one second. */
function observer() {
  const clock = new ManualClock()
  const seen: string[] = []
  const seenAtMs: number[] = []
  /** How long a read takes, and whether the API server is unavailable. */
  const server = { readMs: READ_MS, isAway: false }
  const observe = ({ namespace, name }: TargetRef): Promise<ObservedSecret | undefined> =>
    new Promise((resolve, reject) =>
      clock.setTimeout(() => {
        seen.push(`${namespace}/${name}`)
        seenAtMs.push(clock.monotonic())
        if (server.isAway) reject(new SecretSyncError('Unavailable', 'away'))
        else resolve(undefined)
      }, server.readMs),
    )
  const targets = new TargetObserver({ writer: { observe }, clock, onObserved: () => undefined })
  onTestFinished(() => targets.close())
  const change = (namespace: string, name: string): TargetRef => {
    const target = { namespace, name }
    targets.want(target, true)
    targets.changed(target)
    return target
  }
  return { clock, targets, server, seen, seenAtMs, change }
}

describe('TargetObserver', () => {
  it('lets namespaces take turns, regardless of how many targets of one have changed', async () => {
    const { clock, seen, change } = observer()
    for (let index = 0; index < 100; index += 1) change('noisy', `s${index}`)
    change('quiet', 'db')
    await clock.advance(2 * READ_MS)
    expect(seen).toHaveLength(8)
    expect(seen).toContain('quiet/db')
  })

  it('observes at most four at once', async () => {
    const { clock, seen, change } = observer()
    for (let index = 0; index < 9; index += 1) change('shop', `s${index}`)
    await clock.advance(READ_MS)
    expect(seen).toHaveLength(4)
  })

  it('does not observe a target that is dropped while it waits, and observes it once if it is added again', async () => {
    const { clock, targets, seen, change } = observer()
    for (let index = 0; index < 4; index += 1) change('shop', `s${index}`)
    const gone = change('shop', 'gone')
    const back = change('shop', 'back')
    await clock.advance(0)
    targets.forget(gone)
    targets.forget(back)
    change('shop', 'back')
    await clock.advance(2 * READ_MS)
    expect(seen.slice(4)).toEqual(['shop/back'])
  })

  it('starts no observation after close', async () => {
    const { clock, targets, seen, change } = observer()
    for (let index = 0; index < 9; index += 1) change('shop', `s${index}`)
    await clock.advance(0)
    targets.close()
    await clock.advance(5 * READ_MS)
    expect(seen).toHaveLength(4)
  })

  it('does not keep the turn of a dropped target', async () => {
    const { clock, targets, server, seen, change } = observer()
    server.readMs = 200
    for (let index = 0; index < 4; index += 1) change('shop', `s${index}`)
    const back = change('shop', 'back')
    await clock.advance(0)
    targets.forget(back)
    targets.want(back, true)
    await clock.advance(900)
    expect(seen).not.toContain('shop/back')
    await clock.advance(300)
    expect(seen).toContain('shop/back')
  })

  it('cancels the pending observation of a dropped target', async () => {
    const { clock, targets, server, seenAtMs } = observer()
    server.readMs = 0
    const target = { namespace: 'shop', name: 'db' }
    targets.want(target, true)
    await clock.advance(500)
    targets.forget(target)
    targets.want(target, true)
    await clock.advance(900)
    expect(seenAtMs).toEqual([])
    await clock.advance(100)
    expect(seenAtMs).toEqual([1_500])
  })

  it('starts no delayed observation after close', async () => {
    const { clock, targets, seen } = observer()
    targets.want({ namespace: 'shop', name: 'db' }, true)
    targets.close()
    await clock.advance(60 * READ_MS)
    expect(seen).toEqual([])
  })

  it('resets the backoff of a target with a new refusal', async () => {
    const { clock, targets, server, seenAtMs } = observer()
    server.readMs = 0
    const target = { namespace: 'shop', name: 'db' }
    targets.want(target, true)
    await clock.advance(100_000)
    seenAtMs.splice(0)
    targets.want(target, true)
    await clock.advance(10_000)
    expect(seenAtMs).toEqual([101_000, 103_000, 107_000])
  })

  describe('while the API server does not respond', () => {
    async function away() {
      const stage = observer()
      stage.server.readMs = 0
      stage.server.isAway = true
      stage.change('shop', 'db')
      await stage.clock.advance(0)
      return stage
    }

    it('retries with pauses that double up to 32 seconds', async () => {
      const { clock, seenAtMs } = await away()
      await clock.advance(130_000)
      expect(seenAtMs.map((ms) => ms / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 63, 95, 127])
    })

    it('keeps these pauses when the target changes', async () => {
      const { clock, targets, seenAtMs } = await away()
      for (let passedMs = 0; passedMs < 60_000; passedMs += 500) {
        targets.changed({ namespace: 'shop', name: 'db' })
        await clock.advance(500)
      }
      expect(seenAtMs.map((ms) => ms / 1_000)).toEqual([0, 1, 3, 7, 15, 31])
    })

    it('resets the pause after a response', async () => {
      const { clock, targets, server, seenAtMs } = await away()
      await clock.advance(40_000)
      server.isAway = false
      await clock.advance(23_000)
      expect(seenAtMs.at(-1)).toBe(63_000)
      server.isAway = true
      targets.changed({ namespace: 'shop', name: 'db' })
      await clock.advance(8_000)
      // One second after the response, then after pauses of 1, 2 and 4 s.
      expect(seenAtMs.slice(-4).map((ms) => ms / 1_000)).toEqual([64, 65, 67, 71])
    })
  })
})
