import { ApiError } from '../gateway/api-error.ts'
import type { ApiProduct } from '../gateway/api-product.ts'
import { getSecretParameter } from './get-secret-parameter.ts'
import type { OosState } from './oos-state.ts'

const MAX_SUBJECT_LENGTH = 200

/** The encrypted parameters API of OOS, version 2019-06-01. */
export function oosApi(state: OosState): ApiProduct {
  return {
    name: 'Oos',
    version: '2019-06-01',
    actions: new Map([['GetSecretParameter', (call) => getSecretParameter(state, call)]]),
    throttled: (retryAfterMs) =>
      new ApiError(400, 'Throttling.User', 'Request was denied due to user flow control.', { retryAfterMs }),
    denial: { code: 'NoPermission', message: 'You are not authorized to do this action.' },
    subject: (params) => (params.get('Name') ?? '').slice(0, MAX_SUBJECT_LENGTH),
  }
}
