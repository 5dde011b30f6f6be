import type { ApiResult } from '../gateway/api-product.ts'
import { isoDate } from './params.ts'
import { isManaged, type Secret } from './secret.ts'

/** Rotation as answers tell it: always for managed types, for `Generic` only where the seed gives it one. */
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

/** What lists and descriptions tell of a secret. */
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
