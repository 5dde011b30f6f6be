import type { ApiAction, ApiCall, ApiProduct, ApiResult } from '../gateway/api-product.ts'
import { batchGetSecretValue } from './actions/batch-get-secret-value.ts'
import { createSecret } from './actions/create-secret.ts'
import { deleteSecret } from './actions/delete-secret.ts'
import { describeSecret } from './actions/describe-secret.ts'
import { getKmsInstanceQuotaInfos } from './actions/get-kms-instance-quota-infos.ts'
import { getSecretValue } from './actions/get-secret-value.ts'
import { listSecretVersionIds } from './actions/list-secret-version-ids.ts'
import { listSecrets } from './actions/list-secrets.ts'
import { putSecretValue } from './actions/put-secret-value.ts'
import { restoreSecret } from './actions/restore-secret.ts'
import { rotateSecret } from './actions/rotate-secret.ts'
import { tagResource, untagResource } from './actions/tag-resource.ts'
import { updateSecret } from './actions/update-secret.ts'
import { updateSecretVersionStage } from './actions/update-secret-version-stage.ts'
import { type KmsState, secretArn } from './kms-state.ts'
import { LIMITS } from './secret.ts'

const ACTIONS: Readonly<Record<string, (state: KmsState, call: ApiCall) => ApiResult>> = {
  BatchGetSecretValue: batchGetSecretValue,
  CreateSecret: createSecret,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetKmsInstanceQuotaInfos: getKmsInstanceQuotaInfos,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutSecretValue: putSecretValue,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
}

/** The secrets API of KMS, version 2016-01-20. */
export function kmsApi(state: KmsState): ApiProduct {
  const arnPrefix = secretArn(state, '')
  const actions = Object.entries(ACTIONS).map(([name, run]): [string, ApiAction] => [name, (call) => run(state, call)])
  return {
    name: 'Kms',
    version: '2016-01-20',
    actions: new Map(actions),
    subject: (params) => {
      const text = params.get('SecretName') ?? ''
      return (text.startsWith(arnPrefix) ? text.slice(arnPrefix.length) : text).slice(0, LIMITS.nameLength)
    },
    subjects: (params) =>
      batchNames(params).map((text) => (text.startsWith(arnPrefix) ? text.slice(arnPrefix.length) : text)),
  }
}

/** Names in the parameter of BatchGetSecretValue; none if it is malformed. */
function batchNames(params: ReadonlyMap<string, string>): readonly string[] {
  try {
    const list: unknown = JSON.parse(params.get('SecretsList') ?? '[]')
    if (!Array.isArray(list)) return []
    return list.flatMap((item: unknown) =>
      typeof item === 'object' && item !== null && 'SecretName' in item && typeof item.SecretName === 'string'
        ? [item.SecretName]
        : [],
    )
  } catch {
    return []
  }
}
