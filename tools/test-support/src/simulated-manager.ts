import type { BackendFault, BackendHarness } from '@ack-secret-manager/testkit'
import { simulatorControl } from './simulator-control.ts'

const FAULTS: Readonly<Record<BackendFault, string>> = {
  throttle: 'throttle',
  outage: 'http503',
  garbage: 'garbage',
  hang: 'hang',
}

/** The manager for the backend contract, implemented with the simulator and its control port. */
export function simulatedManager(
  controlUrl: string,
  kind: 'secrets' | 'parameters' = 'secrets',
): Required<Pick<BackendHarness, 'put' | 'reads' | 'deny' | 'play' | 'close'>> {
  const control = simulatorControl(controlUrl)
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
    play: async (how, name) => void (await fault(name, { fault: FAULTS[how], count: 1 })),
    close: async () => void (await control('DELETE', '/faults')),
  }
}
