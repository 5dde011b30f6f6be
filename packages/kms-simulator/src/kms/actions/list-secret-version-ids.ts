import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource, takeQuota } from '../kms-state.ts'
import { flag, isoDate, paginate } from '../params.ts'

/** ListSecretVersionIds: one page of the versions; those without a stage only with `IncludeDeprecated`. */
export function listSecretVersionIds(state: KmsState, call: ApiCall): ApiResult {
  takeQuota(state, 'list', call.nowMs)
  const name = secretNameOf(state, call.params)
  call.authorize('kms:ListSecretVersionIds', secretResource(state, name))
  const secret = state.vault.get(name, call.nowMs)
  const includeDeprecated = flag(call.params, 'IncludeDeprecated')
  const versions = secret.versions.filter(({ stages }) => includeDeprecated || stages.length > 0)
  const { page, facts } = paginate(versions, call.params, 20)
  return {
    SecretName: name,
    ...facts,
    VersionIds: {
      VersionId: page.map(({ id, createdAtMs, stages }) => ({
        VersionId: id,
        CreateTime: isoDate(createdAtMs),
        VersionStages: { VersionStage: stages },
      })),
    },
  }
}
