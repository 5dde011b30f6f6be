import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { operatorConnection } from '@ack-secret-manager/stores'
import { DRIVERS } from '../drivers.ts'
import { openCloud } from '../identity/open-cloud.ts'
import { serviceEndpoints } from '../identity/service-endpoints.ts'
import type { Log } from '../output/log.ts'
import type { GET_FLAGS } from './get-flags.ts'
import type { SecretSource } from './secret-source.ts'

/** Opens the source that the flags and the environment configure. @throws UsageError | InputError | SecretSyncError */
export async function openSource(call: CommandCall<typeof GET_FLAGS>, log: Log): Promise<SecretSource> {
  const { flags, typed, io } = call
  const { auth } = flags
  if (flags['backend-package'] !== undefined) {
    const { pluginSource } = await import('./plugin-source.ts')
    return pluginSource(flags['backend-package'], call, log)
  }
  needs(typed, ['plugin-config', 'plugin-dir'], '--backend-package')
  if (auth === 'aap') {
    if (typed.has('profile')) throw new UsageError('--profile cannot be combined with --auth aap; use one of them')
    const { clientKeySource } = await import('./client-key-source.ts')
    return clientKeySource(flags, io)
  }
  needs(typed, ['client-key', 'client-key-password', 'instance-ca'], '--auth aap')
  const cloud = await openCloud({ flags: { ...flags, auth }, typed, env: io.env, log, signal: io.signal })
  try {
    const { backend, endpoint } = operatorConnection(flags.provider, {
      ...serviceEndpoints(flags, cloud),
      drivers: DRIVERS,
      identity: cloud.identity,
    })
    const close = async (): Promise<void> => {
      await backend.close()
      await cloud.close()
    }
    return { backend, endpoint, close }
  } catch (error) {
    await cloud.close()
    throw error
  }
}

/** Refuses flags of the command line that mean nothing without another one. Variables apply where they mean something. */
function needs(typed: ReadonlySet<string>, names: readonly string[], other: string): void {
  const name = names.find((each) => typed.has(each))
  if (name !== undefined) throw new UsageError(`--${name} needs ${other}`)
}
