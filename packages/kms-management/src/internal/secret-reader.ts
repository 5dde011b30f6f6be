import { defined, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { DescribeSecretRequest, ListSecretsRequest, ListSecretVersionIdsRequest } from '@alicloud/kms20160120'
import type {
  InstanceQuota,
  ObservedSecret,
  SecretDescription,
  SecretSummary,
  VersionSummary,
} from '../secret-state.ts'
import type { ManagementCalls } from './management-calls.ts'
import { type Page, parseDescription, parseInstanceQuotas, parseSecretsPage, parseVersionsPage } from './responses.ts'
import { paramsOf } from './step-request.ts'

export const PAGE_SIZE = 100
/** KMS keeps ten versions of a secret. A store may name a server that is no KMS, and whose list has no end. */
const MAX_VERSION_PAGES = 10

/** One page of the list of secrets. */
export interface ListPageOptions {
  readonly number: number
  readonly withTags: boolean
  /** Filters of the API. */
  readonly filters: string | undefined
}

/** Reads metadata of secrets, never a value. */
export class SecretReader {
  readonly #calls: ManagementCalls

  constructor(calls: ManagementCalls) {
    this.#calls = calls
  }

  async listPage({ number, withTags, filters }: ListPageOptions, signal: AbortSignal): Promise<Page<SecretSummary>> {
    const what = 'listing secrets'
    const request = new ListSecretsRequest({ pageNumber: number, pageSize: PAGE_SIZE, fetchTags: String(withTags) })
    // The SDK's request has no filters; the API has.
    const params = { ...paramsOf(request), ...defined({ Filters: filters }) }
    const response = await this.#calls.send({ action: 'ListSecrets', params, resource: '', what }, signal)
    return parseSecretsPage(response, `${what} at ${this.#calls.endpoint}`)
  }

  async describe(name: string, signal: AbortSignal): Promise<SecretDescription> {
    const params = paramsOf(new DescribeSecretRequest({ secretName: name, fetchTags: 'true' }))
    const response = await this.#calls.send({ action: 'DescribeSecret', params, resource: name }, signal)
    return parseDescription(response, this.#calls.nameOf(name))
  }

  /** Newest first. In which order KMS lists them is not documented. */
  async versions(name: string, signal: AbortSignal): Promise<readonly VersionSummary[]> {
    const found = new Map<string, VersionSummary>()
    for (let number = 1; number <= MAX_VERSION_PAGES; number += 1) {
      const request = { secretName: name, includeDeprecated: 'true', pageNumber: number, pageSize: PAGE_SIZE }
      const params = paramsOf(new ListSecretVersionIdsRequest(request))
      // oxlint-disable-next-line no-await-in-loop -- the next page may not exist
      const response = await this.#calls.send({ action: 'ListSecretVersionIds', params, resource: name }, signal)
      const { items } = parseVersionsPage(response, this.#calls.nameOf(name))
      for (const version of items) found.set(version.versionId, version)
      if (items.length < PAGE_SIZE)
        return [...found.values()].toReversed().sort((one, other) => other.createdMs - one.createdMs)
    }
    const limit = MAX_VERSION_PAGES * PAGE_SIZE
    throw new SecretSyncError(
      'InvalidResponse',
      `${this.#calls.nameOf(name)}: the response has ${limit} versions or more`,
    )
  }

  /** Undefined if KMS says that there is no such secret. @param needsVersions list its versions, which needs a permission of its own */
  async observe(name: string, signal: AbortSignal, needsVersions = true): Promise<ObservedSecret | undefined> {
    try {
      const description = await this.describe(name, signal)
      // No change of a deleted secret needs its versions, and whether KMS still lists them is not documented.
      const isDeleted = description.plannedDeletionMs !== undefined
      return { description, versions: isDeleted || !needsVersions ? [] : await this.versions(name, signal) }
    } catch (error) {
      if (isSecretSyncError(error) && error.code === 'NotFound' && error.facts.absent === true) return undefined
      throw error
    }
  }

  async instanceQuotas(instanceId: string, signal: AbortSignal): Promise<readonly InstanceQuota[]> {
    const what = `quotas of KMS instance ${JSON.stringify(instanceId)}`
    // The SDK has no request for it.
    const params = { KmsInstanceId: instanceId }
    const call = { action: 'GetKmsInstanceQuotaInfos', params, resource: '', what }
    return parseInstanceQuotas(await this.#calls.send(call, signal), `${what} at ${this.#calls.endpoint}`)
  }
}
