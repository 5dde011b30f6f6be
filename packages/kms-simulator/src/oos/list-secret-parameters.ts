import { invalidParameter } from '../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../gateway/api-product.ts'
import { integer, oneOf, optional } from '../kms/params.ts'
import { listedFields } from './get-secret-parameter.ts'
import type { OosState } from './oos-state.ts'
import type { Parameter } from './parameters.ts'

/**
 * ListSecretParameters: a page of the encrypted parameters, without values. A token names the last parameter of the page before, so that
 * pages do not shift. Source: Alibaba Cloud OOS API reference, ListSecretParameters. The order is always that of the names.
 */
export function listSecretParameters(state: OosState, call: ApiCall): ApiResult {
  const { params } = call
  const size = integer(params, 'MaxResults', { min: 10, max: 100, fallback: 50 })
  oneOf(params, 'SortField', ['Name', 'CreatedDate'], 'CreatedDate')
  oneOf(params, 'SortOrder', ['Ascending', 'Descending'], 'Descending')
  call.authorize('oos:ListSecretParameters', {
    arn: `acs:oos:${state.region}:${state.account}:secretparameter/*`,
    name: '',
  })
  const text = optional(params, 'Name') ?? ''
  const after = afterOf(optional(params, 'NextToken'))
  const found = state.parameters.list().filter(({ name }) => name.includes(text) && name > after)
  const page = found.slice(0, size)
  const next = found.length > size ? page.at(-1) : undefined
  return {
    MaxResults: size,
    NextToken: next === undefined ? '' : Buffer.from(next.name).toString('base64url'),
    Parameters: page.flatMap((parameter) => fieldsOf(state, parameter)),
  }
}

function fieldsOf(state: OosState, parameter: Parameter): readonly ApiResult[] {
  const version = parameter.versions.at(-1)
  return version === undefined ? [] : [listedFields(state, parameter, version)]
}

/** The name in a token. */
function afterOf(token: string | undefined): string {
  const name = Buffer.from(token ?? '', 'base64url').toString()
  if (token !== undefined && name === '') throw invalidParameter('NextToken', 'it is of no list')
  return name
}
