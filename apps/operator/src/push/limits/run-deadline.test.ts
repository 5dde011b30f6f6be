import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { RunDeadline } from './run-deadline.ts'

const fixture = () => {
  const clock = new ManualClock(0)
  return { clock, deadline: new RunDeadline({ timeoutMs: 1_000, what: 'pushing shop/web', clock }) }
}

it('aborts at the deadline, which excludes the time of waits', async () => {
  const { clock, deadline } = fixture()
  await clock.advance(400)
  const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const
  const waits = ends.map(({ promise }) => deadline.waiting(() => promise))
  await clock.advance(50_000)
  ends[0].resolve('first')
  await clock.advance(50_000)
  ends[1].resolve('second')
  expect(await Promise.all(waits)).toEqual(['first', 'second'])
  await clock.advance(599)
  expect(deadline.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(deadline.signal.reason).toMatchObject({
    code: 'Timeout',
    message: 'pushing shop/web: not finished within 1000 ms',
  })
})

it('continues after a failed wait', async () => {
  const { clock, deadline } = fixture()
  await expect(deadline.waiting(() => Promise.reject(new Error('handed over')))).rejects.toThrow('handed over')
  await clock.advance(1_000)
  expect(deadline.signal.aborted).toBe(true)
})

it('aborts nothing after it was disposed, even if a wait ends later', async () => {
  const { clock, deadline } = fixture()
  const end = Promise.withResolvers<void>()
  const wait = deadline.waiting(() => end.promise)
  deadline[Symbol.dispose]()
  end.resolve()
  await wait
  await clock.advance(10_000)
  expect(deadline.signal.aborted).toBe(false)
})
