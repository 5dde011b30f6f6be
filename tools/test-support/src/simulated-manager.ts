import type { Clock } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { BackendFault, BackendHarness } from '@ack-secret-manager/testkit'
import { simulatorControl } from './simulator-control.ts'

const FAULTS: Readonly<Record<BackendFault, string>> = {
  throttle: 'throttle',
  outage: 'http503',
  garbage: 'garbage',
  hang: 'hang',
}

const TIMEOUT_MS = 4_000

/** A deadline, and the clock that it follows. */
interface Deadline {
  readonly timeoutMs: number
  readonly clock: Clock
}

export interface SimulatedManager extends Required<Pick<BackendHarness, 'put' | 'reads' | 'deny' | 'play' | 'close'>> {
  /** A deadline for an impatient backend. It passes as soon as the manager has received a read that hangs, and not before. */
  impatience(): Deadline
}

/** The manager for the backend contract, implemented with the simulator and its control port. */
export function simulatedManager(controlUrl: string, kind: 'secrets' | 'parameters' = 'secrets'): SimulatedManager {
  const control = simulatorControl(controlUrl)
  let clock: ManualClock | undefined
  let isClosed = false
  let passing: Promise<void> | undefined
  const passDeadline = async (secret: string): Promise<void> => {
    const calls = (await control('GET', `/calls?secret=${secret}&result=hang`)) as { readonly total: number }
    if (calls.total > 0) await clock?.advance(TIMEOUT_MS)
    else if (!isClosed) await passDeadline(secret)
  }
  const fault = (secret: string, more: object): Promise<unknown> =>
    control('POST', '/faults', { match: { secret }, ...more })
  return {
    put: async (name, content) => {
      const text = 'text' in content
      const body =
        kind === 'parameters'
          ? { value: text ? content.text : '' }
          : text
            ? { data: content.text }
            : { dataBase64: Buffer.from(content.binary).toString('base64') }
      await control('PUT', `/${kind}/${name}`, body)
    },
    reads: async () => ((await control('GET', '/calls')) as { total: number }).total,
    deny: async (name) => void (await fault(name, { fault: 'deny' })),
    play: async (how, name) => {
      await fault(name, { fault: FAULTS[how], count: 1 })
      if (how === 'hang' && clock !== undefined) passing = passDeadline(name)
    },
    close: async () => {
      isClosed = true
      await passing
      await control('DELETE', '/faults')
    },
    impatience: () => {
      clock = new ManualClock(Date.now())
      return { timeoutMs: TIMEOUT_MS, clock }
    },
  }
}
