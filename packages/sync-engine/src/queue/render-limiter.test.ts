import { SecretSyncError, type Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { RendererBusyError, RenderLimiter } from './render-limiter.ts'

function harness(workers: number = 16) {
  const clock = new ManualClock()
  const started: string[] = []
  const results: string[] = []
  const open: (() => void)[] = []
  const render = async ({ seed }: { readonly seed: string }): Promise<Sensitive<Uint8Array>[]> => {
    started.push(seed)
    await new Promise<void>((resolve) => open.push(resolve))
    return []
  }
  const called: string[] = []
  const groupOf = (key: string): string => key.slice(0, key.indexOf('/'))
  const onSlotFree = (key: string): void => void called.push(key)
  const limiter = new RenderLimiter({
    renderer: { render },
    clock,
    workers,
    groupOf,
    onSlotFree,
    withoutWorker: (_key, work) => work(),
  })
  /** `name` is `group/number`. */
  const ask = async (name: string, signal: AbortSignal = new AbortController().signal): Promise<void> => {
    const request = { templates: [], data: new Map(), seed: name }
    try {
      await limiter.of(name).render(request, { signal })
      results.push(name)
    } catch (error) {
      results.push(`${name} ${error instanceof RendererBusyError ? 'no place' : (error as SecretSyncError).code}`)
    }
  }
  const finish = async (): Promise<void> => {
    await clock.advance(0)
    open.shift()?.()
    await clock.advance(0)
  }
  return { clock, limiter, started, results, called, ask, finish }
}

it('lets one request through at a time, and groups take turns', async () => {
  const { started, results, ask, finish } = harness()
  const all = ['a/1', 'a/2', 'a/3', 'a/4', 'b/1', 'b/2', 'c/1'].map((name) => ask(name))
  for (let i = 1; i <= all.length; i += 1) {
    await finish()
    expect(results).toHaveLength(i)
  }
  expect(started).toEqual(['a/1', 'b/1', 'a/2', 'c/1', 'b/2', 'a/3', 'a/4'])
})

it('rejects the fourth waiting request of a group, keeps a slot for others, and calls back rejected keys', async () => {
  const { limiter, results, called, ask, finish, clock } = harness()
  for (const n of [1, 2, 3, 4, 5]) void ask(`a/${n}`)
  await clock.advance(0)
  expect(results).toEqual(['a/5 no place'])
  expect(() => limiter.check('a/6')).toThrow(RendererBusyError)
  expect(() => limiter.check('b/1')).not.toThrow()
  for (const _ of [1, 2]) await finish()
  expect(called).toEqual(['a/5', 'a/6'])
})

it('gives a slot of the largest group to a group without one if all slots are taken', async () => {
  const { limiter, started, results, called, ask, finish, clock } = harness(8)
  for (const name of ['a/1', 'a/2', 'a/3', 'a/4', 'b/1', 'c/1', 'd/1']) void ask(name)
  await clock.advance(0)
  expect(results.toSorted()).toEqual(['a/3 no place', 'a/4 no place', 'd/1 no place'])
  expect(() => limiter.check('d/1')).toThrow(RendererBusyError)
  for (const _ of [1, 2, 3, 4]) await finish()
  expect(started).toEqual(['a/1', 'b/1', 'a/2', 'c/1'])
  expect(called).toEqual(['a/4', 'd/1', 'a/3'])
})

it('rejects a request after its maximum wait, and forgets aborted ones', async () => {
  const { started, results, ask, finish, clock } = harness()
  const gone = new AbortController()
  void ask('a/1')
  void ask('b/1', gone.signal)
  void ask('c/1')
  gone.abort(new SecretSyncError('Timeout', 'x'))
  await clock.advance(29_999)
  expect(results).toEqual(['b/1 Timeout'])
  await clock.advance(1)
  expect(results).toEqual(['b/1 Timeout', 'c/1 no place'])
  await finish()
  await clock.advance(1_000)
  void ask('d/1')
  await clock.advance(0)
  expect(started).toEqual(['a/1', 'd/1'])
})

it('keeps the turn of a rejected key that retries, and the slot of the one that it calls back, for a second', async () => {
  const { limiter, started, results, called, ask, finish, clock } = harness(1)
  void ask('a/1')
  await clock.advance(0)
  for (const key of ['b/1', 'a/2', 'b/1']) expect(() => limiter.check(key)).toThrow(RendererBusyError)
  await finish()
  expect(called).toEqual(['b/1'])
  await ask('a/3')
  expect(results).toEqual(['a/1', 'a/3 no place'])
  void ask('b/1')
  await finish()
  expect([started, called]).toEqual([
    ['a/1', 'b/1'],
    ['b/1', 'a/2'],
  ])
  await clock.advance(1_000)
  void ask('c/1')
  await clock.advance(0)
  expect(started).toEqual(['a/1', 'b/1', 'c/1'])
})

it('keeps no slot for a key that is gone', async () => {
  const { limiter, called, ask, finish, clock } = harness(1)
  void ask('a/1')
  await clock.advance(0)
  for (const key of ['a/2', 'b/1', 'a/3', 'c/1']) expect(() => limiter.check(key)).toThrow(RendererBusyError)
  await finish()
  limiter.forget('b/1')
  limiter.forget('a/2')
  expect(called).toEqual(['a/2', 'c/1'])
})
