import { resourceNotFound } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import type { KmsState } from '../kms-state.ts'
import { optional, required } from '../params.ts'

/** GetKmsInstanceQuotaInfos: the quotas of an instance. Only secrets are counted. */
export function getKmsInstanceQuotaInfos(state: KmsState, call: ApiCall): ApiResult {
  const id = required(call.params, 'KmsInstanceId')
  const arn = `acs:kms:${state.region}:${state.account}:keystore/${id}`
  call.authorize('kms:GetKmsInstanceQuotaInfos', { arn, name: id })
  const quotas = state.instanceQuotas?.get(id)
  if (quotas === undefined) throw resourceNotFound()
  const wanted = optional(call.params, 'ResourceType')
  const secrets = state.vault.list(call.nowMs).filter(({ kmsInstanceId }) => kmsInstanceId === id).length
  return {
    KmsInstanceId: id,
    KmsInstanceQuotaInfos: Object.entries(quotas)
      .filter(([resource]) => wanted === undefined || resource === wanted)
      .map(([ResourceType, ResourceQuota]) => ({
        ResourceType,
        ResourceQuota,
        UsedQuantity: ResourceType === 'secret' ? secrets : 0,
      })),
  }
}
