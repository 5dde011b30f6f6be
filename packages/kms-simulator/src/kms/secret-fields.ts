import type { ApiResult } from '../gateway/api-product.ts'
import { isoDate } from './params.ts'
import { isManaged, type Secret } from './secret.ts'

/** Rotation in responses: always for managed types, for `Generic` only if the seed has one. */
export function rotationFields(secret: Secret): ApiResult {
  const { rotation } = secret
  if (rotation === undefined) return isManaged(secret.type) ? { AutomaticRotation: 'Disabled' } : {}
  const { automatic, intervalSeconds, lastAtMs, nextAtMs } = rotation
  return {
    AutomaticRotation: automatic ? 'Enabled' : 'Disabled',
    ...(intervalSeconds === undefined ? {} : { RotationInterval: `${intervalSeconds}s` }),
    ...(lastAtMs === undefined ? {} : { LastRotationDate: isoDate(lastAtMs) }),
    ...(nextAtMs === undefined ? {} : { NextRotationDate: isoDate(nextAtMs) }),
  }
}

/** Fields of a secret in lists and descriptions. */
export function summaryFields(secret: Secret, withTags: boolean): ApiResult {
  return {
    SecretName: secret.name,
    SecretType: secret.type,
    CreateTime: isoDate(secret.createdAtMs),
    UpdateTime: isoDate(secret.updatedAtMs),
    ...(secret.plannedDeleteAtMs === undefined ? {} : { PlannedDeleteTime: isoDate(secret.plannedDeleteAtMs) }),
    ...(withTags ? { Tags: { Tag: secret.tags } } : {}),
  }
}
