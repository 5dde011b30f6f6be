import { invalidParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource } from '../kms-state.ts'
import { optional } from '../params.ts'
import { LIMITS } from '../secret.ts'

/** UpdateSecret: the description, not the value. */
export function updateSecret(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:UpdateSecret', secretResource(state, name))
  const description = optional(call.params, 'Description') ?? ''
  if (description.length > LIMITS.descriptionLength) throw invalidParameter('Description', 'it is too long')
  const secret = state.vault.getUsable(name, call.nowMs)
  state.vault.set({ ...secret, description, updatedAtMs: call.nowMs })
  return { SecretName: name }
}
