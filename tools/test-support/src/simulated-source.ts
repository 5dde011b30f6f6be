import type { ManualClock } from '@ack-secret-manager/core/testing'
import type { CredentialProviderHarness } from '@ack-secret-manager/testkit'
import { simulatorControl } from './simulator-control.ts'

/** Options of {@link simulatedSource}. */
export interface SimulatedSourceOptions {
  /** Clock of the simulator and the provider under test. */
  readonly clock: ManualClock
  /** Calls that fetch a credential, named like in the simulator. */
  readonly action: RegExp
  /** Identity that makes these calls, named like in the simulator. @default any: there is one hop */
  readonly caller?: RegExp
}

/** The source for the contract of credential providers, implemented with the simulator and its control port. */
export function simulatedSource(
  controlUrl: string,
  { clock, action, caller = /^/ }: SimulatedSourceOptions,
): Required<Pick<CredentialProviderHarness, 'asks' | 'play' | 'recover' | 'passTime' | 'close'>> {
  const control = simulatorControl(controlUrl)
  const recover = async (): Promise<void> => void (await control('DELETE', '/faults'))
  return {
    asks: async () => {
      const { calls } = (await control('GET', '/calls?groupBy=action,identity')) as {
        calls: readonly { readonly action: string; readonly identity: string; readonly count: number }[]
      }
      const isCounted = (call: (typeof calls)[number]): boolean =>
        action.test(call.action) && caller.test(call.identity)
      return calls.reduce((sum, call) => sum + (isCounted(call) ? call.count : 0), 0)
    },
    play: async (fault) => void (await control('POST', '/faults', { fault: fault === 'outage' ? 'http503' : fault })),
    recover,
    passTime: (milliseconds) => clock.advance(milliseconds),
    close: recover,
  }
}
