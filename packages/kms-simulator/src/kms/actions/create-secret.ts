import { defined, parseDuration } from '@ack-secret-manager/core'
import { ApiError, invalidParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretArn, secretResource, takeQuota } from '../kms-state.ts'
import { flag, oneOf, optional, type Params, required } from '../params.ts'
import { rotationFields } from '../secret-fields.ts'
import { CURRENT, isSecretName, LIMITS, type Rotation, type Secret, SECRET_TYPES } from '../secret.ts'
import { tagsOf } from '../tags.ts'
import { valueParams } from '../value-params.ts'

function rotationParams(params: Params, nowMs: number): Rotation | undefined {
  if (!flag(params, 'EnableAutomaticRotation')) return undefined
  const intervalMs = parseDuration(required(params, 'RotationInterval'))
  if (intervalMs === undefined) throw invalidParameter('RotationInterval', 'it is a duration such as 604800s')
  return { automatic: true, intervalSeconds: Math.floor(intervalMs / 1_000), nextAtMs: nowMs + intervalMs }
}

function newSecret(params: Params, nowMs: number): Secret {
  const name = required(params, 'SecretName')
  if (!isSecretName(name)) throw invalidParameter('SecretName', 'it is not a name of a secret')
  const type = oneOf(params, 'SecretType', SECRET_TYPES, 'Generic')
  if (type === 'Generic' && name.startsWith('acs/')) throw invalidParameter('SecretName', 'acs/ is reserved')
  const tags = tagsOf(params) ?? []
  if (tags.length > LIMITS.tags) throw invalidParameter('Tags', `there are more than ${LIMITS.tags}`)
  return {
    name,
    type,
    description: optional(params, 'Description') ?? '',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    versions: [{ ...valueParams(params), createdAtMs: nowMs, stages: [CURRENT] }],
    rotation: rotationParams(params, nowMs),
    extendedConfig: optional(params, 'ExtendedConfig'),
    encryptionKeyId: optional(params, 'EncryptionKeyId'),
    kmsInstanceId: optional(params, 'DKMSInstanceId'),
    tags,
  }
}

/** CreateSecret, with its first version. */
export function createSecret(state: KmsState, call: ApiCall): ApiResult {
  takeQuota(state, 'write', call.nowMs)
  const secret = newSecret(call.params, call.nowMs)
  call.authorize('kms:CreateSecret', secretResource(state, secret.name))
  const existing = state.vault.find(secret.name, call.nowMs)
  if (existing !== undefined) {
    throw existing.plannedDeleteAtMs === undefined
      ? new ApiError(409, 'Rejected.ResourceExist', 'The specified resource already exists.')
      : new ApiError(409, 'Rejected.ResourceInDeleteWindow', 'The specified resource is waiting for its deletion.')
  }
  state.vault.set(secret)
  return {
    Arn: secretArn(state, secret.name),
    SecretName: secret.name,
    SecretType: secret.type,
    VersionId: secret.versions[0]?.id,
    ...defined({ DKMSInstanceId: secret.kmsInstanceId }),
    ...rotationFields(secret),
    ...defined({ ExtendedConfig: secret.extendedConfig }),
  }
}
