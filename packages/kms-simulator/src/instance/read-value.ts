import type { KmsState } from '../kms/kms-state.ts'
import { isoDate } from '../kms/params.ts'
import { isManaged } from '../kms/secret.ts'
import { selectVersion } from '../kms/versions.ts'
import type { SecretValueRequest, SecretValueResponse } from './messages.ts'

function date(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoDate(ms)
}

/**
 * Reads one version of a secret, after the permission check.
 * @throws ApiError `Forbidden.ResourceNotFound` | `Rejected.ResourceInDeleteWindow`
 */
export function readValue(
  state: Pick<KmsState, 'vault'>,
  name: string,
  wanted: SecretValueRequest,
  nowMs: number,
): Omit<SecretValueResponse, 'requestId'> {
  const secret = state.vault.getUsable(name, nowMs)
  const version = selectVersion(secret, {
    versionId: wanted.versionId === '' ? undefined : wanted.versionId,
    stage: wanted.versionStage === '' ? undefined : wanted.versionStage,
  })
  const { rotation } = secret
  const automatic = rotation?.automatic === true ? 'Enabled' : 'Disabled'
  return {
    secretName: secret.name,
    secretType: secret.type,
    secretData: version.data,
    secretDataType: version.dataType,
    versionStages: version.stages,
    versionId: version.id,
    createTime: isoDate(version.createdAtMs),
    automaticRotation: rotation !== undefined || isManaged(secret.type) ? automatic : undefined,
    rotationInterval: rotation?.intervalSeconds === undefined ? undefined : `${rotation.intervalSeconds}s`,
    lastRotationDate: date(rotation?.lastAtMs),
    nextRotationDate: date(rotation?.nextAtMs),
    extendedConfig: wanted.fetchExtendedConfig ? secret.extendedConfig : undefined,
  }
}
