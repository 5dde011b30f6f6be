import { ApiError } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource } from '../kms-state.ts'

/** RestoreSecret: cancels a scheduled deletion. */
export function restoreSecret(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:RestoreSecret', secretResource(state, name))
  const secret = state.vault.get(name, call.nowMs)
  if (secret.plannedDeleteAtMs === undefined) {
    throw new ApiError(409, 'Rejected.StateModifiedFailed', 'The specified resource is not waiting for its deletion.')
  }
  state.vault.set({ ...secret, plannedDeleteAtMs: undefined })
  return { SecretName: name }
}
