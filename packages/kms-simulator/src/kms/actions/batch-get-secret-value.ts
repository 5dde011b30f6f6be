import { ApiError, invalidParameter, missingParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, resolveSecretName, secretResource, takeValueQuota } from '../kms-state.ts'
import { jsonList } from '../params.ts'
import { selectVersion, type VersionSelector } from '../versions.ts'
import { valueFields } from './get-secret-value.ts'

interface Wanted extends VersionSelector {
  readonly name: string
  readonly extendedConfig: boolean
}

const MAX_SECRETS = 20

function parseWanted(item: unknown): Wanted | undefined {
  if (typeof item !== 'object' || item === null || !('SecretName' in item) || typeof item.SecretName !== 'string') {
    return undefined
  }
  return {
    name: item.SecretName,
    versionId: 'VersionId' in item && typeof item.VersionId === 'string' ? item.VersionId : undefined,
    stage: 'VersionStage' in item && typeof item.VersionStage === 'string' ? item.VersionStage : undefined,
    extendedConfig: 'FetchExtendedConfig' in item && item.FetchExtendedConfig === true,
  }
}

/** BatchGetSecretValue: each secret separately, also for permissions, quota and errors. */
export function batchGetSecretValue(state: KmsState, call: ApiCall): ApiResult {
  const list = jsonList(call.params, 'SecretsList', parseWanted)
  if (list === undefined) throw missingParameter('SecretsList')
  if (list.length === 0 || list.length > MAX_SECRETS) {
    throw invalidParameter('SecretsList', `it names 1 to ${MAX_SECRETS} secrets`)
  }
  const values: ApiResult[] = []
  const errors: ApiResult[] = []
  for (const wanted of list) {
    try {
      takeValueQuota(state, call.nowMs)
      const name = resolveSecretName(state, wanted.name)
      call.authorize('kms:GetSecretValue', secretResource(state, name))
      const secret = state.vault.getUsable(name, call.nowMs)
      values.push(valueFields(secret, selectVersion(secret, wanted), wanted.extendedConfig))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      errors.push({ SecretName: wanted.name, Code: error.code, HttpStatus: error.status, Message: error.message })
    }
  }
  return { SecretValues: values, Errors: errors }
}
