import { type CredentialProvider, isSecretSyncError } from '@ack-secret-manager/core'
import { type Environment, ownIdentityFromEnvironment } from '@ack-secret-manager/stores'
import { InputError } from '../input-error.ts'
import type { Log } from '../output/log.ts'

/**
 * The identity of the process. One that is wrong matters only where it is needed.
 * @throws InputError
 */
export function ownIdentity(env: Environment, isNeeded: boolean, log: Log): CredentialProvider | undefined {
  try {
    return ownIdentityFromEnvironment(env)
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    if (isNeeded) throw new InputError([error.message])
    log.warn(`${error.message}; not needed, so it is not used`)
    return undefined
  }
}
