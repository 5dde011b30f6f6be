import { defined } from '@ack-secret-manager/core'
import {
  CreateSecretRequest,
  DeleteSecretRequest,
  PutSecretValueRequest,
  RestoreSecretRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateSecretRequest,
  UpdateSecretVersionStageRequest,
} from '@alicloud/kms20160120'
import type { ChangeStep } from '../change-plan.ts'
import type { SecretChange } from '../secret-change.ts'
import { CURRENT, holderOf, type ObservedSecret } from '../secret-state.ts'
import { encodeValue } from './encode-value.ts'

type Params = Readonly<Record<string, string>>

/** Parameters of a call. Those of a value are sent as a form, because proxies log URLs. */
export interface StepRequest {
  readonly params: Params
  /** @default 'query' */
  readonly paramsIn?: 'query' | 'form'
}

/** A typed request of the SDK as parameters by their names in the API. */
export function paramsOf(request: { toMap(): Record<string, unknown> }): Params {
  const set = Object.entries(request.toMap()).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]))
}

/** The call of a step. */
export function requestOf(step: ChangeStep, change: SecretChange): StepRequest {
  const secretName = change.name
  switch (step.action) {
    case 'CreateSecret': {
      const { description, tags, encryptionKeyId, kmsInstanceId } = step.create
      const request = new CreateSecretRequest({
        ...valueOf(change),
        secretName,
        versionId: step.versionId,
        description,
        encryptionKeyId,
        tags: tags && tagsText(tags),
      })
      // The SDK's request lacks the instance; the API has it.
      return inForm({ ...paramsOf(request), ...defined({ DKMSInstanceId: kmsInstanceId }) })
    }
    case 'PutSecretValue':
      return inForm(paramsOf(new PutSecretValueRequest({ ...valueOf(change), secretName, versionId: step.versionId })))
    case 'UpdateSecretVersionStage': {
      const request = new UpdateSecretVersionStageRequest({
        secretName,
        versionStage: step.stage ?? CURRENT,
        moveToVersion: step.moveTo,
        // KMS documents for its own stages that a move takes them from their version, and for other ones nothing.
        removeFromVersion: step.stage === undefined ? undefined : step.from,
      })
      return { params: paramsOf(request) }
    }
    case 'RotateSecret':
      // The SDK has no request for it.
      return { params: { SecretName: secretName, VersionId: step.versionId } }
    case 'DeleteSecret': {
      const window =
        step.recoveryDays === 'none'
          ? { forceDeleteWithoutRecovery: 'true' }
          : { recoveryWindowInDays: String(step.recoveryDays) }
      return { params: paramsOf(new DeleteSecretRequest({ secretName, ...window })) }
    }
    case 'RestoreSecret':
      return { params: paramsOf(new RestoreSecretRequest({ secretName })) }
    case 'TagResource':
      return { params: paramsOf(new TagResourceRequest({ secretName, tags: tagsText(step.tags) })) }
    case 'UntagResource':
      return { params: paramsOf(new UntagResourceRequest({ secretName, tagKeys: JSON.stringify(step.keys) })) }
    case 'UpdateSecret':
      return { params: paramsOf(new UpdateSecretRequest({ secretName, description: step.description })) }
  }
}

/** Whether a secret is as a step leaves it. */
export function isDone(step: ChangeStep, observed: ObservedSecret | undefined): boolean {
  switch (step.action) {
    case 'CreateSecret':
      return observed?.versions.some(({ versionId }) => versionId === step.versionId) ?? false
    case 'UpdateSecretVersionStage':
      return observed !== undefined && holderOf(observed, step.stage ?? CURRENT)?.versionId === step.moveTo
    case 'DeleteSecret':
      if (step.recoveryDays === 'none') return observed === undefined
      return observed?.description.plannedDeletionMs !== undefined
    case 'RestoreSecret':
      return observed !== undefined && observed.description.plannedDeletionMs === undefined
    // A repeated call succeeds itself; a conflict of it is a real one.
    case 'PutSecretValue':
    case 'RotateSecret':
    case 'TagResource':
    case 'UntagResource':
    case 'UpdateSecret':
      return false
  }
}

function valueOf(change: SecretChange): { secretData: string; secretDataType: string } {
  if (change.kind !== 'put') throw new TypeError(`a change of kind ${change.kind} has no value`)
  const { data, dataType } = encodeValue(change.value, `KMS secret ${JSON.stringify(change.name)}`)
  return { secretData: data, secretDataType: dataType }
}

function inForm(params: Params): StepRequest {
  return { params, paramsIn: 'form' }
}

function tagsText(tags: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })))
}
