import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource, takeQuota } from '../kms-state.ts'
import { flag, integer, isoDate } from '../params.ts'

const DAY_MS = 86_400_000

/** DeleteSecret: at once if forced, otherwise after a recovery window. */
export function deleteSecret(state: KmsState, call: ApiCall): ApiResult {
  takeQuota(state, 'write', call.nowMs)
  const name = secretNameOf(state, call.params)
  call.authorize('kms:DeleteSecret', secretResource(state, name))
  const days = integer(call.params, 'RecoveryWindowInDays', { min: 7, max: 30, fallback: 30 })
  const forced = flag(call.params, 'ForceDeleteWithoutRecovery')
  const secret = state.vault.getUsable(name, call.nowMs)
  const plannedDeleteAtMs = forced ? call.nowMs : call.nowMs + days * DAY_MS
  if (forced) state.vault.delete(name)
  else state.vault.set({ ...secret, plannedDeleteAtMs })
  return { SecretName: name, PlannedDeleteTime: isoDate(plannedDeleteAtMs) }
}
