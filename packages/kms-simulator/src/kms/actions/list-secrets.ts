import { invalidParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { accountResource, type KmsState, takeQuota } from '../kms-state.ts'
import { flag, jsonList, paginate } from '../params.ts'
import { summaryFields } from '../secret-fields.ts'
import type { Secret } from '../secret.ts'

interface Filter {
  readonly key: string
  readonly values: readonly string[]
}

const MAX_FILTER_PAIRS = 10
/** Results of a filter by tags. Source: Alibaba Cloud KMS API reference, ListSecrets. */
const MAX_TAGGED = 4_000

/** Names and descriptions match by prefix, other fields by equality. */
const MATCHERS: Readonly<Record<string, (secret: Secret, value: string) => boolean>> = {
  SecretName: (secret, value) => secret.name.startsWith(value),
  Description: (secret, value) => secret.description.startsWith(value),
  TagKey: (secret, value) => secret.tags.some(({ TagKey }) => TagKey === value),
  TagValue: (secret, value) => secret.tags.some(({ TagValue }) => TagValue === value),
  DKMSInstanceId: (secret, value) => secret.kmsInstanceId === value,
  // As a filter, the types are written `RDS`.
  SecretType: (secret, value) => secret.type.toLowerCase() === value.toLowerCase(),
  Creator: () => false,
}

function parseFilter(item: unknown): Filter | undefined {
  if (typeof item !== 'object' || item === null || !('Key' in item) || !('Values' in item)) return undefined
  const { Key: key, Values: values } = item
  if (typeof key !== 'string' || !Object.hasOwn(MATCHERS, key)) return undefined
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string')) return undefined
  return { key, values }
}

/** ListSecrets: one page of the secrets that match every filter; the values of one filter are alternatives. */
export function listSecrets(state: KmsState, call: ApiCall): ApiResult {
  takeQuota(state, 'list', call.nowMs)
  call.authorize('kms:ListSecrets', accountResource(state))
  const filters = jsonList(call.params, 'Filters', parseFilter) ?? []
  if (filters.reduce((sum, { values }) => sum + values.length, 0) > MAX_FILTER_PAIRS) {
    throw invalidParameter('Filters', `it has more than ${MAX_FILTER_PAIRS} pairs of key and value`)
  }
  const found = state.vault
    .list(call.nowMs)
    .filter((secret) => filters.every(({ key, values }) => values.some((value) => MATCHERS[key]?.(secret, value))))
  const isByTag = filters.some(({ key }) => key === 'TagKey' || key === 'TagValue')
  const { page, facts } = paginate(isByTag ? found.slice(0, MAX_TAGGED) : found, call.params, 10)
  const withTags = flag(call.params, 'FetchTags')
  return { ...facts, SecretList: { Secret: page.map((secret) => summaryFields(secret, withTags)) } }
}
