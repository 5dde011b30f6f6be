import { ManualClock, type ObservedSecret, type TargetRef } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { TargetObserver } from './target-observer.ts'

const READ_MS = 1_000

/** An observer of Secrets that the API server reads in a second each. */
function observer() {
  const clock = new ManualClock()
  const seen: string[] = []
  const observe = ({ namespace, name }: TargetRef): Promise<ObservedSecret | undefined> =>
    new Promise((resolve) =>
      clock.setTimeout(() => {
        seen.push(`${namespace}/${name}`)
        resolve(undefined)
      }, READ_MS),
    )
  const targets = new TargetObserver({ writer: { observe }, clock, onObserved: () => undefined })
  const change = (namespace: string, name: string): TargetRef => {
    const target = { namespace, name }
    targets.want(target, true)
    targets.changed(target)
    return target
  }
  return { clock, targets, seen, change }
}

describe('TargetObserver', () => {
  it('lets namespaces take turns, however many targets of one have changed', async () => {
    const { clock, targets, seen, change } = observer()
    for (let index = 0; index < 100; index += 1) change('noisy', `s${index}`)
    change('quiet', 'db')
    await clock.advance(2 * READ_MS)
    expect(seen).toHaveLength(8)
    expect(seen).toContain('quiet/db')
    targets.close()
  })

  it('observes at most four at once', async () => {
    const { clock, targets, seen, change } = observer()
    for (let index = 0; index < 9; index += 1) change('shop', `s${index}`)
    await clock.advance(READ_MS)
    expect(seen).toHaveLength(4)
    targets.close()
  })

  it('does not observe a target that was forgotten while it waited, and observes it once when it is wanted again', async () => {
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
    targets.close()
  })

  it('begins no observation after close', async () => {
    const { clock, targets, seen, change } = observer()
    for (let index = 0; index < 9; index += 1) change('shop', `s${index}`)
    await clock.advance(0)
    targets.close()
    await clock.advance(5 * READ_MS)
    expect(seen).toHaveLength(4)
  })
})
