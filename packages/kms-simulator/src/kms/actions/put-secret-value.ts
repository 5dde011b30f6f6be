import { invalidParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource } from '../kms-state.ts'
import { jsonList } from '../params.ts'
import { CURRENT, isLabel, isManaged } from '../secret.ts'
import { unsupportedOperation, valueParams } from '../value-params.ts'
import { putVersion } from '../versions.ts'

function parseStage(item: unknown): string | undefined {
  return typeof item === 'string' && isLabel(item) ? item : undefined
}

/** PutSecretValue: a new version, current unless `VersionStages` has other stages. */
export function putSecretValue(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:PutSecretValue', secretResource(state, name))
  const stages = jsonList(call.params, 'VersionStages', parseStage) ?? [CURRENT]
  if (stages.length === 0 || new Set(stages).size !== stages.length) {
    throw invalidParameter('VersionStages', 'it names different stages, at least one')
  }
  const value = valueParams(call.params)
  const secret = state.vault.getUsable(name, call.nowMs)
  if (isManaged(secret.type)) throw unsupportedOperation('KMS itself writes the values of managed secrets')
  const changed = putVersion(secret, { ...value, createdAtMs: call.nowMs, stages })
  state.vault.set(changed)
  const held = changed.versions.find(({ id }) => id === value.id)?.stages ?? []
  return { SecretName: name, VersionId: value.id, VersionStages: { VersionStage: held } }
}
