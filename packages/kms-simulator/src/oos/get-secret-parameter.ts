import { ApiError, invalidParameter, missingParameter } from '../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../gateway/api-product.ts'
import { secretResource } from '../kms/kms-state.ts'
import { flag, integer, isoDate, jsonList, optional, required } from '../kms/params.ts'
import { isParameterName } from './oos-seed.ts'
import type { OosState } from './oos-state.ts'
import type { Parameter, ParameterVersion } from './parameters.ts'

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

  call.authorize('oos:GetSecretParameter', { arn: arnOf(state, name), name })
  if (decrypted) call.authorize('kms:GetSecretValue', secretResource(state, name))
  const parameter = state.parameters.get(name)
  const version =
    wanted === 0 ? parameter?.versions.at(-1) : parameter?.versions.find((other) => other.version === wanted)
  if (parameter === undefined || version === undefined) throw notFound()
  return { Parameter: fieldsOf(state, parameter, version, decrypted) }
}

const MAX_NAMES = 10

/**
 * GetSecretParameters: the latest version of several parameters. Source: Alibaba Cloud OOS API reference, GetSecretParameters. That a denied
 * name fails the whole call is an assumption.
 */
export function getSecretParameters(state: OosState, call: ApiCall): ApiResult {
  const names = jsonList(call.params, 'Names', (item) => (typeof item === 'string' ? item : undefined))
  if (names === undefined) throw missingParameter('Names')
  if (names.length === 0 || names.length > MAX_NAMES || !names.every(isParameterName)) {
    throw invalidParameter('Names', `it holds 1 to ${MAX_NAMES} names of parameters`)
  }
  const decrypted = flag(call.params, 'WithDecryption')
  const found: ApiResult[] = []
  const missing: string[] = []
  for (const name of names) {
    call.checkFault?.(name)
    call.authorize('oos:GetSecretParameters', { arn: arnOf(state, name), name })
    if (decrypted) call.authorize('kms:GetSecretValue', secretResource(state, name))
    const parameter = state.parameters.get(name)
    const version = parameter?.versions.at(-1)
    if (parameter === undefined || version === undefined) missing.push(name)
    else found.push(fieldsOf(state, parameter, version, decrypted))
  }
  return { Parameters: found, InvalidParameters: missing }
}

function arnOf(state: OosState, name: string): string {
  return `acs:oos:${state.region}:${state.account}:secretparameter/${name}`
}

function fieldsOf(state: OosState, parameter: Parameter, version: ParameterVersion, decrypted: boolean): ApiResult {
  return {
    ...listedFields(state, parameter, version),
    Value: decrypted ? version.value : null,
    Constraints: '{}',
  }
}

/** Fields of a parameter in lists, which have no values. */
export function listedFields(state: OosState, parameter: Parameter, version: ParameterVersion): ApiResult {
  return {
    Name: parameter.name,
    Id: parameter.id,
    Type: 'Secret',
    ParameterVersion: version.version,
    Description: '',
    KeyId: 'simulator',
    Tags: parameter.tags,
    ShareType: 'Private',
    CreatedBy: `acs:ram::${state.account}:root`,
    CreatedDate: isoDate(parameter.createdAtMs),
    UpdatedBy: `acs:ram::${state.account}:root`,
    UpdatedDate: isoDate(version.updatedAtMs),
  }
}
