import { ApiError } from '../gateway/api-error.ts'
import type { ApiProduct } from '../gateway/api-product.ts'
import { getSecretParameter, getSecretParameters } from './get-secret-parameter.ts'
import { listSecretParameters } from './list-secret-parameters.ts'
import type { OosState } from './oos-state.ts'

const MAX_SUBJECT_LENGTH = 200

/** The encrypted parameters API of OOS, version 2019-06-01. */
export function oosApi(state: OosState): ApiProduct {
  return {
    name: 'Oos',
    version: '2019-06-01',
    actions: new Map([
      ['GetSecretParameter', (call) => getSecretParameter(state, call)],
      ['GetSecretParameters', (call) => getSecretParameters(state, call)],
      ['ListSecretParameters', (call) => listSecretParameters(state, call)],
    ]),
    throttled: (retryAfterMs) =>
      new ApiError(400, 'Throttling.User', 'Request was denied due to user flow control.', { retryAfterMs }),
    denial: { code: 'NoPermission', message: 'You are not authorized to do this action.' },
    subjects: (params) => namesOf(params),
    subject: (params) => (params.get('Name') ?? '').slice(0, MAX_SUBJECT_LENGTH),
  }
}

/** Names in the parameter of GetSecretParameters; none if it is malformed. */
function namesOf(params: ReadonlyMap<string, string>): readonly string[] {
  try {
    const list: unknown = JSON.parse(params.get('Names') ?? '[]')
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}
