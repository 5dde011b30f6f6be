import { ApiError, invalidParameter } from '../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../gateway/api-product.ts'
import { secretResource } from '../kms/kms-state.ts'
import { flag, integer, isoDate, optional, required } from '../kms/params.ts'
import { isParameterName } from './oos-seed.ts'
import type { OosState } from './oos-state.ts'

const MAX_VERSION = 1_000_000

function notFound(): ApiError {
  return new ApiError(404, 'EntityNotExists.Parameter', 'The specified parameter does not exist.')
}

/**
 * GetSecretParameter. KMS stores the value, so the caller also needs `kms:GetSecretValue` on a secret of the parameter's name. Source:
 * Alibaba Cloud OOS API reference, GetSecretParameter.
 */
export function getSecretParameter(state: OosState, call: ApiCall): ApiResult {
  const { params } = call
  const name = required(params, 'Name')
  if (!isParameterName(name)) throw invalidParameter('Name', 'it is not a name of a parameter')
  const regionId = optional(params, 'RegionId')
  if (regionId !== undefined && regionId !== state.region) throw invalidParameter('RegionId', 'it is another region')
  const wanted = integer(params, 'ParameterVersion', { min: 1, max: MAX_VERSION, fallback: 0 })
  const decrypted = flag(params, 'WithDecryption')

  const arn = `acs:oos:${state.region}:${state.account}:secretparameter/${name}`
  call.authorize('oos:GetSecretParameter', { arn, name })
  if (decrypted) call.authorize('kms:GetSecretValue', secretResource(state, name))
  const parameter = state.parameters.get(name)
  const version =
    wanted === 0 ? parameter?.versions.at(-1) : parameter?.versions.find((other) => other.version === wanted)
  if (parameter === undefined || version === undefined) throw notFound()
  return {
    Parameter: {
      Name: name,
      Id: parameter.id,
      Type: 'Secret',
      Value: decrypted ? version.value : null,
      ParameterVersion: version.version,
      Constraints: '{}',
      Description: '',
      KeyId: 'simulator',
      Tags: {},
      ShareType: 'Private',
      CreatedBy: `acs:ram::${state.account}:root`,
      CreatedDate: isoDate(parameter.createdAtMs),
      UpdatedBy: `acs:ram::${state.account}:root`,
      UpdatedDate: isoDate(version.updatedAtMs),
    },
  }
}
