import { ApiError, invalidParameter, missingParameter, unknownAction } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import {
  accountResource,
  DEFAULT_BATCH,
  type KmsState,
  resolveSecretName,
  secretArn,
  secretResource,
  takeValueQuota,
} from '../kms-state.ts'
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

/** BatchGetSecretValue: each secret separately, unless the state says otherwise. */
export function batchGetSecretValue(state: KmsState, call: ApiCall): ApiResult {
  const { refusal, cost, isKnown, needsPermission } = state.batch ?? DEFAULT_BATCH
  if (!isKnown) throw unknownAction()
  if (needsPermission) call.authorize('kms:BatchGetSecretValue', accountResource(state))
  const list = jsonList(call.params, 'SecretsList', parseWanted)
  if (list === undefined) throw missingParameter('SecretsList')
  if (list.length === 0 || list.length > MAX_SECRETS) {
    throw invalidParameter('SecretsList', `it names 1 to ${MAX_SECRETS} secrets`)
  }
  if (new Set(list.map(({ name }) => nameIn(state, name))).size < list.length) {
    throw invalidParameter('SecretsList', 'it names a secret twice')
  }
  if (cost === 'call') takeValueQuota(state, call.nowMs)
  const values: ApiResult[] = []
  const errors: ApiResult[] = []
  for (const wanted of list) {
    try {
      if (cost === 'secret') takeValueQuota(state, call.nowMs)
      const name = resolveSecretName(state, wanted.name)
      call.checkFault?.(name)
      call.authorize('kms:GetSecretValue', secretResource(state, name))
      const secret = state.vault.getUsable(name, call.nowMs)
      values.push(valueFields(secret, selectVersion(secret, wanted), wanted.extendedConfig))
    } catch (error) {
      if (!(error instanceof ApiError) || refusal === 'call') throw error
      errors.push({ SecretName: wanted.name, Code: error.code, HttpStatus: error.status, Message: error.message })
    }
  }
  return { SecretValues: values, Errors: errors }
}

function nameIn(state: KmsState, nameOrArn: string): string {
  const own = secretArn(state, '')
  return nameOrArn.startsWith(own) ? nameOrArn.slice(own.length) : nameOrArn
}
