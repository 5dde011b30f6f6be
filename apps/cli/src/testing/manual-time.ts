import { systemClock } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { onTestFinished, vi } from 'vitest'

let isManual = false

/** Whether the running test has called {@link manualTime}. */
export function isTimeManual(): boolean {
  return isManual
}

/** For the commands of the running test, time passes only by this clock: no limit ends while modules load or the machine is busy. */
export function manualTime(): ManualClock {
  const clock = new ManualClock()
  isManual = true
  const spies = [
    vi.spyOn(systemClock, 'monotonic').mockImplementation(() => clock.monotonic()),
    vi.spyOn(systemClock, 'setTimeout').mockImplementation((callback, delayMs) => clock.setTimeout(callback, delayMs)),
  ]
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
    isManual = false
  })
  return clock
}

/** Lets time pass until the work has ended. */
export async function passTime<T extends object>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const pass = (): Promise<undefined> => clock.advance(10).then(() => undefined)
  let ended: T | undefined
  while (ended === undefined) ended = await Promise.race([work, pass()])
  return ended
}
