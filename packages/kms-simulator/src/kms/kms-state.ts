import { throttled } from '../gateway/response.ts'
import { invalidParameter, resourceNotFound } from '../gateway/api-error.ts'
import type { PolicyResource } from '../gateway/policy.ts'
import type { SlidingQuota } from '../gateway/sliding-quota.ts'
import { type Params, required } from './params.ts'
import { isSecretName } from './secret.ts'
import type { Vault } from './vault.ts'

/**
 * Operations that share a quota: CreateSecret and DeleteSecret, the lists of secrets and versions, RotateSecret. Source:
 * Alibaba Cloud KMS, "Performance data".
 */
export type QuotaGroup = 'write' | 'list' | 'rotate'

/** The account, for KMS actions. */
export interface KmsState {
  readonly account: string
  readonly region: string
  readonly vault: Vault
  /** Of BatchGetSecretValue. Mutable. @default DEFAULT_BATCH */
  readonly batch?: BatchBehaviour
  /** Quota of GetSecretValue; undefined for none. */
  readonly valueQuota: SlidingQuota | undefined
  /** Of the other groups of operations; absent for none. */
  readonly quotas?: { readonly [group in QuotaGroup]?: SlidingQuota | undefined }
  /** Quotas of KMS instances by instance id and resource; absent for none. */
  readonly instanceQuotas?: ReadonlyMap<string, Readonly<Record<string, number>>>
}

/** What is not known of BatchGetSecretValue at the real service; each can be set. */
export interface BatchBehaviour {
  /** A secret that may not be read, or does not exist, fails its entry or the whole call. */
  refusal: 'entry' | 'call'
  /** A call costs the quota of one read, or of one for each secret. */
  cost: 'call' | 'secret'
  /** False: `InvalidAction.NotFound`. */
  isKnown: boolean
  /** RAM checks the action `kms:BatchGetSecretValue` besides `kms:GetSecretValue` of each secret. */
  needsPermission: boolean
}

export const DEFAULT_BATCH: BatchBehaviour = { refusal: 'entry', cost: 'secret', isKnown: true, needsPermission: false }

type AccountRegion = Pick<KmsState, 'account' | 'region'>

/** `acs:kms:REGION:ACCOUNT:secret/NAME`. */
export function secretArn(place: AccountRegion, name: string): string {
  return `acs:kms:${place.region}:${place.account}:secret/${name}`
}

/** The secret as a resource of policies. */
export function secretResource(place: AccountRegion, name: string): PolicyResource {
  return { arn: secretArn(place, name), name }
}

/** The resource of actions without a secret. */
export function accountResource(place: AccountRegion): PolicyResource {
  return { arn: `acs:kms:${place.region}:${place.account}:secret`, name: '' }
}

/**
 * Name of the secret that a name or an ARN refers to.
 * @throws ApiError `InvalidParameter`, or `Forbidden.ResourceNotFound` for an ARN of another account or region
 */
export function resolveSecretName(place: AccountRegion, nameOrArn: string): string {
  const own = secretArn(place, '')
  const name = nameOrArn.startsWith(own) ? nameOrArn.slice(own.length) : nameOrArn
  if (name.startsWith('acs:kms:')) throw resourceNotFound()
  if (!isSecretName(name)) throw invalidParameter('SecretName', 'it is not a name of a secret')
  return name
}

/** Name of the secret of a call. */
export function secretNameOf(state: KmsState, params: Params): string {
  return resolveSecretName(state, required(params, 'SecretName'))
}

/** @throws ApiError `Rejected.Throttling` when the quota of this second is used up */
export function takeValueQuota(state: KmsState, nowMs: number): void {
  if (state.valueQuota !== undefined && !state.valueQuota.take(nowMs)) throw throttled()
}

/** @throws ApiError `Rejected.Throttling` when the quota of the group is used up */
export function takeQuota(state: KmsState, group: QuotaGroup, nowMs: number): void {
  if (state.quotas?.[group]?.take(nowMs) === false) throw throttled()
}
