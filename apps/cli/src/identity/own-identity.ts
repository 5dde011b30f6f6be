import { type CredentialProvider, isSecretSyncError } from '@ack-secret-manager/core'
import {
  type Environment,
  OPERATOR_IDENTITY_HINT,
  type OperatorIdentityChoice,
  operatorIdentityFromEnvironment,
} from '@ack-secret-manager/stores'
import { InputError } from '../input-error.ts'
import type { Log } from '../output/log.ts'
import { credentialEndpoints, type EndpointFlags } from './service-endpoints.ts'

/** Configuration of the process's own identity. */
export interface OwnIdentityRequest {
  readonly env: Environment
  readonly flags: EndpointFlags & {
    readonly auth: OperatorIdentityChoice | undefined
    readonly 'enable-worker-role': boolean
  }
  readonly log: Log
}

/**
 * The identity of the process; undefined if none is configured. Must be closed. An invalid one is an error only if it is
 * needed.
 * @throws InputError
 */
export function ownIdentity(
  { env, flags, log }: OwnIdentityRequest,
  isNeeded: boolean,
): CredentialProvider | undefined {
  const { auth } = flags
  try {
    return operatorIdentityFromEnvironment(env, {
      ...credentialEndpoints(flags),
      ...(auth === undefined ? { enableWorkerRole: flags['enable-worker-role'] } : { choice: auth }),
    })
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    if (isNeeded) throw new InputError([error.message])
    log.warn(`${error.message}; not needed, so it is not used`)
    return undefined
  }
}

/** The identity of the process for a command that needs one. @throws InputError */
export function requiredIdentity(request: OwnIdentityRequest): CredentialProvider {
  const identity = ownIdentity(request, true)
  if (identity !== undefined) return identity
  const { auth } = request.flags
  const what = auth === undefined ? 'no identity to read as' : `--auth ${auth}: the environment does not configure it`
  throw new InputError([`${what}: ${OPERATOR_IDENTITY_HINT}`])
}
