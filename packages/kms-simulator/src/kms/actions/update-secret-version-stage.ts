import { invalidParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource } from '../kms-state.ts'
import { optional, required } from '../params.ts'
import { isLabel, isManaged } from '../secret.ts'
import { unsupportedOperation } from '../value-params.ts'
import { moveStage } from '../versions.ts'

/** UpdateSecretVersionStage: moves a stage to a version, removes it from one, or both. */
export function updateSecretVersionStage(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:UpdateSecretVersionStage', secretResource(state, name))
  const stage = required(call.params, 'VersionStage')
  if (!isLabel(stage)) throw invalidParameter('VersionStage', 'it is not a stage')
  const secret = state.vault.getUsable(name, call.nowMs)
  if (isManaged(secret.type)) throw unsupportedOperation('KMS itself moves the stages of managed secrets')
  const moveTo = optional(call.params, 'MoveToVersion')
  const removeFrom = optional(call.params, 'RemoveFromVersion')
  state.vault.set(moveStage(secret, { stage, moveTo, removeFrom }, call.nowMs))
  return { SecretName: name }
}
