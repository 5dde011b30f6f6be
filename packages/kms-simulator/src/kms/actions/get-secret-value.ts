import { ApiError } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource, takeValueQuota } from '../kms-state.ts'
import { flag, isoDate, optional } from '../params.ts'
import { rotationFields } from '../secret-fields.ts'
import type { Secret, SecretVersion } from '../secret.ts'
import { selectVersion } from '../versions.ts'

/** The response of a read. Source: Alibaba Cloud KMS API reference, GetSecretValue. */
export function valueFields(secret: Secret, version: SecretVersion, withExtendedConfig: boolean): ApiResult {
  return {
    SecretName: secret.name,
    SecretType: secret.type,
    SecretData: version.data,
    SecretDataType: version.dataType,
    VersionId: version.id,
    VersionStages: { VersionStage: version.stages },
    CreateTime: isoDate(version.createdAtMs),
    ...rotationFields(secret),
    ...(withExtendedConfig && secret.extendedConfig !== undefined ? { ExtendedConfig: secret.extendedConfig } : {}),
  }
}

/** A dry run never succeeds: its error code shows the result of the real call. */
function dryRun(run: () => void): ApiError {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return error.status === 403
      ? new ApiError(403, 'AccessDeniedError', error.message)
      : new ApiError(400, 'ValidationError', error.message)
  }
  return new ApiError(
    400,
    'DryRunOperationError',
    'The request would have succeeded, but the DryRun parameter was set.',
  )
}

/** GetSecretValue. */
export function getSecretValue(state: KmsState, call: ApiCall): ApiResult {
  takeValueQuota(state, call.nowMs)
  const read = (): ApiResult => {
    const name = secretNameOf(state, call.params)
    call.authorize('kms:GetSecretValue', secretResource(state, name))
    const secret = state.vault.getUsable(name, call.nowMs)
    const version = selectVersion(secret, {
      versionId: optional(call.params, 'VersionId'),
      stage: optional(call.params, 'VersionStage'),
    })
    return valueFields(secret, version, flag(call.params, 'FetchExtendedConfig'))
  }
  if (flag(call.params, 'DryRun')) throw dryRun(read)
  return read()
}
