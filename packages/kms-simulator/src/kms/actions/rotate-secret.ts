import { invalidParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretArn, secretNameOf, secretResource, takeQuota } from '../kms-state.ts'
import { required } from '../params.ts'
import { rotate } from '../rotate.ts'
import { isLabel, isManaged } from '../secret.ts'
import { unsupportedOperation } from '../value-params.ts'

/** RotateSecret: a managed secret gets new credentials at once. */
export function rotateSecret(state: KmsState, call: ApiCall): ApiResult {
  takeQuota(state, 'rotate', call.nowMs)
  const name = secretNameOf(state, call.params)
  call.authorize('kms:RotateSecret', secretResource(state, name))
  const versionId = required(call.params, 'VersionId')
  if (!isLabel(versionId)) throw invalidParameter('VersionId', 'it is not a version id')
  const secret = state.vault.getUsable(name, call.nowMs)
  if (!isManaged(secret.type)) throw unsupportedOperation('only managed secrets can be rotated')
  // The same version id again is the same rotation.
  const isDone = secret.versions.some(({ id }) => id === versionId)
  if (!isDone) state.vault.set(rotate(secret, { versionId, nowMs: call.nowMs }))
  return { Arn: secretArn(state, name), SecretName: name, VersionId: versionId }
}
