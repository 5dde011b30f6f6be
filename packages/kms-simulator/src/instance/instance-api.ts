import { ApiError } from '../gateway/api-error.ts'
import type { ApiAction, ApiProduct } from '../gateway/api-product.ts'
import { kmsApi } from '../kms/kms-api.ts'
import type { KmsState } from '../kms/kms-state.ts'

/**
 * The ordinary API of an instance gateway for RAM identities. It only reads values; secrets are managed at the shared gateway. Source:
 * Alibaba Cloud KMS SDK reference, "Dedicated gateway".
 */
export function instanceApi(state: KmsState): ApiProduct {
  const api = kmsApi(state)
  const refuse: ApiAction = () => {
    throw new ApiError(400, 'UnsupportedOperation', 'This operation is not supported by the gateway of an instance.')
  }
  const actions = [...api.actions].map(([name, action]): [string, ApiAction] => [
    name,
    name === 'GetSecretValue' ? action : refuse,
  ])
  return { ...api, actions: new Map(actions) }
}
