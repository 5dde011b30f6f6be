import { defined } from '@ack-secret-manager/core'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretArn, secretNameOf, secretResource } from '../kms-state.ts'
import { flag } from '../params.ts'
import { rotationFields, summaryFields } from '../secret-fields.ts'

/** DescribeSecret: everything except the value, also while the secret is scheduled for deletion. */
export function describeSecret(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:DescribeSecret', secretResource(state, name))
  const secret = state.vault.get(name, call.nowMs)
  return {
    Arn: secretArn(state, name),
    Description: secret.description,
    ...defined({ EncryptionKeyId: secret.encryptionKeyId, DKMSInstanceId: secret.kmsInstanceId }),
    ...summaryFields(secret, flag(call.params, 'FetchTags')),
    ...rotationFields(secret),
    ...defined({ ExtendedConfig: secret.extendedConfig }),
  }
}
