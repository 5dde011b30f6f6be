import { type CommandIo, type FlagValues, UsageError } from '@ack-secret-manager/command-line'
import { StoreRegistry } from '@ack-secret-manager/stores'
import { DRIVERS } from '../drivers.ts'
import { requiredIdentity } from '../identity/own-identity.ts'
import { serviceEndpoints } from '../identity/service-endpoints.ts'
import type { Log } from '../output/log.ts'
import { clientKeySource } from './client-key-source.ts'
import type { GET_FLAGS } from './get-flags.ts'
import { pluginSource } from './plugin-source.ts'
import type { SecretSource } from './secret-source.ts'

/** Opens the source that the flags and the environment configure. @throws UsageError | InputError | SecretSyncError */
export async function openSource(flags: FlagValues<typeof GET_FLAGS>, io: CommandIo, log: Log): Promise<SecretSource> {
  const { auth } = flags
  if (flags['backend-package'] !== undefined) return pluginSource(flags['backend-package'], flags, io, log)
  for (const name of ['plugin-config', 'plugin-dir'] as const) {
    if (flags[name] !== undefined && flags[name].length > 0) throw new UsageError(`--${name} needs --backend-package`)
  }
  if (auth === 'aap') return clientKeySource(flags, io)
  for (const name of ['client-key', 'client-key-password', 'instance-ca'] as const) {
    if (flags[name] !== undefined) throw new UsageError(`--${name} needs --auth aap`)
  }
  const identity = requiredIdentity({ env: io.env, flags: { ...flags, auth }, log })
  let registry: StoreRegistry | undefined
  const close = async (): Promise<void> => {
    await registry?.close()
    await identity.close()
  }
  try {
    registry = new StoreRegistry({
      drivers: DRIVERS,
      defaults: { ...serviceEndpoints(flags), identity },
      allowEndpoints: flags['allow-endpoint'],
      // Without a store, no credentials of stores are read.
      readSecretKey: () => Promise.reject(new Error('there is no store')),
    })
    const found = registry.resolve({ namespace: '', provider: flags.provider })
    if (found.kind === 'error') throw found.error
    return { backend: found.connection.backend, close }
  } catch (error) {
    await close()
    throw error
  }
}
