import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { HandOver, type RunSignals } from './hand-over.ts'

const lane = { signal: new AbortController().signal, waiting: <T>(wait: () => Promise<T>) => wait() }
const isAborted = ({ signal: reads, changeSignal }: RunSignals): readonly unknown[] => [
  reads.aborted,
  changeSignal?.aborted,
]

it('ends reads and waits at once, and a change that was sent after ten seconds', async () => {
  const clock = new ManualClock(0)
  const handOver = new HandOver(clock)
  const runs = new Map<string, RunSignals>()
  const ends = Promise.withResolvers<void>()
  const work = ['lost', 'kept'].map((key) =>
    handOver.run(key, lane, async (signals) => {
      runs.set(key, signals)
      await ends.promise
    }),
  )
  const leaving = handOver.leave(['lost', 'not running'], () => ends.promise)
  const states = (): unknown => [...runs.values()].map(isAborted)
  expect(states()).toEqual([
    [true, false],
    [false, false],
  ])
  await clock.advance(9_999)
  expect(states()).toEqual([
    [true, false],
    [false, false],
  ])
  await clock.advance(1)
  expect(states()).toEqual([
    [true, true],
    [false, false],
  ])
  expect(runs.get('lost')?.changeSignal?.reason).toMatchObject({ code: 'Cancelled' })
  ends.resolve()
  await Promise.all([leaving, ...work])
})

it('aborts nothing later if the runs have ended in time', async () => {
  const clock = new ManualClock(0)
  const handOver = new HandOver(clock)
  let seen: RunSignals | undefined
  const ends = Promise.withResolvers<void>()
  const work = handOver.run('lost', lane, async (signals) => {
    seen = signals
    await ends.promise
  })
  const leaving = handOver.leave(['lost'], () => ends.promise)
  ends.resolve()
  await Promise.all([leaving, work])
  await clock.advance(60_000)
  expect(seen && isAborted(seen)).toEqual([true, false])
})

it('ends both with the signal of the queue', async () => {
  const handOver = new HandOver(new ManualClock(0))
  const stop = new AbortController()
  await handOver.run('web', { ...lane, signal: stop.signal }, async (signals) => {
    stop.abort()
    expect(isAborted(signals)).toEqual([true, true])
  })
})

it('waits at most fifteen seconds for a run that does not end', async () => {
  const clock = new ManualClock(0)
  const handOver = new HandOver(clock)
  const ends = Promise.withResolvers<void>()
  const work = handOver.run('lost', lane, () => ends.promise)
  let isOver = false
  const leaving = handOver.leave(['lost'], () => ends.promise).then(() => (isOver = true))
  await clock.advance(14_999)
  expect(isOver).toBe(false)
  await clock.advance(1)
  expect(isOver).toBe(true)
  ends.resolve()
  await Promise.all([leaving, work])
})
