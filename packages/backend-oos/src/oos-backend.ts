import { OpenApiClient, type OpenApiClientOptions, type OpenApiResponse } from '@ack-secret-manager/alicloud-openapi'
import {
  type BatchLimits,
  type CredentialProvider,
  isSecretSyncError,
  type ListOptions,
  type ReadResult,
  type SecretBackend,
  type SecretPage,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import { OOS_ERRORS, oosListRequester, oosWithRequester } from './internal/oos-errors.ts'
import { parameterPageOf } from './internal/parameter-page.ts'
import { secretValueOf } from './internal/parameter-response.ts'

/** Settings of reads from OOS; one call of the client is one read. OOS limits a value to 4,096 characters. */
export interface OosSettings extends Omit<
  OpenApiClientOptions,
  'endpoint' | 'allowPartialTrustChain' | 'rejectUnauthorized' | 'hints'
> {
  /** The identity of reads. The caller owns it: closing the backend does not close it. */
  readonly provider: CredentialProvider
}

export interface OosOptions extends OosSettings {
  /** `HOST` or `HOST:PORT`, always HTTPS: `oos.cn-hangzhou.aliyuncs.com`, `oos-vpc.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string
}

const VERSION = '2019-06-01'

/**
 * Reads encrypted parameters of Alibaba Cloud OOS (API 2019-06-01, GetSecretParameter). The name of a secret is that of the
 * parameter, its version id the number of the parameter's version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer
 */
export function oosBackend({ provider, ...options }: OosOptions): SecretBackend {
  return new OosBackend(provider, new OpenApiClient(options))
}

/** Versions cannot be named in a batch. Alibaba Cloud OOS API reference, GetSecretParameters. */
const BATCH: BatchLimits = {
  maxRefs: 10,
  keyOf: ({ name, versionId, versionStage }) =>
    versionId === undefined && (versionStage ?? 'ACSCurrent') === 'ACSCurrent' ? name : undefined,
}

/** Alibaba Cloud OOS API reference, ListSecretParameters: 10 to 100. */
const LIST_PAGE_SIZE = 100

class OosBackend implements SecretBackend {
  readonly batch = BATCH
  readonly #provider: CredentialProvider
  readonly #client: OpenApiClient
  readonly #explain: ReturnType<typeof oosWithRequester>

  constructor(provider: CredentialProvider, client: OpenApiClient) {
    this.#provider = provider
    this.#client = client
    this.#explain = oosWithRequester(provider.identity.description)
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const what = whatOf(ref)
    const version = versionOf(ref, what)
    const response = await this.#client.call({
      action: 'GetSecretParameter',
      version: VERSION,
      as: this.#provider,
      retryRefused: true,
      params: { Name: ref.name, WithDecryption: true, ParameterVersion: version },
      what,
      errors: OOS_ERRORS,
      explain: this.#explain,
      signal,
    })
    return secretValueOf(response, {
      name: ref.name,
      version,
      what: `${what} at ${this.#client.endpoint}`,
      identity: this.#provider.identity.description,
    })
  }

  async readMany(
    refs: readonly SecretRef[],
    { signal }: { signal: AbortSignal },
  ): Promise<ReadonlyArray<ReadResult | undefined>> {
    // The response would have the latest version of the others, which is not what was asked for.
    const latest = refs.filter((ref) => BATCH.keyOf(ref) !== undefined)
    const results = latest.length === 0 ? [] : await this.#readLatest(latest, signal)
    const byRef = new Map(latest.map((ref, index) => [ref, results[index]]))
    return refs.map((ref) => byRef.get(ref))
  }

  async #readLatest(refs: readonly SecretRef[], signal: AbortSignal): Promise<ReadonlyArray<ReadResult | undefined>> {
    const what = `${refs.length} OOS parameters`
    try {
      const response = await this.#client.call({
        action: 'GetSecretParameters',
        version: VERSION,
        as: this.#provider,
        retryRefused: true,
        params: { Names: JSON.stringify(refs.map(({ name }) => name)), WithDecryption: true },
        what,
        errors: OOS_ERRORS,
        signal,
      })
      return this.#resultsOf(response, refs)
    } catch (thrown) {
      const error = toSecretSyncError(thrown, what)
      if (isSecretSyncError(thrown) && (error.code === 'Throttled' || error.code === 'Unauthenticated')) {
        return refs.map((ref) => ({ error: this.#forRef(error, what, ref) }))
      }
      const { remoteCode = '', missingAction } = error.facts
      if (remoteCode.startsWith('InvalidAction')) throw withBatchFact(error, 'unsupported')
      if (missingAction === 'oos:GetSecretParameters') throw withBatchFact(error, 'denied')
      throw error
    }
  }

  async list({ cursor, withTags, signal }: ListOptions): Promise<SecretPage> {
    const what = 'listing OOS parameters'
    const { body } = await this.#client.call({
      action: 'ListSecretParameters',
      version: VERSION,
      as: this.#provider,
      retryRefused: true,
      params: { MaxResults: LIST_PAGE_SIZE, NextToken: cursor, SortField: 'Name', SortOrder: 'Ascending' },
      what,
      errors: OOS_ERRORS,
      explain: oosListRequester(this.#provider.identity.description),
      signal,
    })
    return parameterPageOf(body, withTags, `${what} at ${this.#client.endpoint}`)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** Undefined for a name in `InvalidParameters`, because the response does not tell why: a read of its own does. */
  #resultsOf(
    { body, ...response }: OpenApiResponse,
    refs: readonly SecretRef[],
  ): ReadonlyArray<ReadResult | undefined> {
    const { Parameters: parameters } = body
    const where = `${refs.length} OOS parameters at ${this.#client.endpoint}`
    if (!Array.isArray(parameters)) {
      throw new SecretSyncError('InvalidResponse', `${where}: Parameters in the response is not a list`)
    }
    return refs.map(({ name }) => {
      const found = (parameters as readonly unknown[]).filter(
        (one) => typeof one === 'object' && one !== null && 'Name' in one && one.Name === name,
      )
      if (found.length !== 1) return undefined
      const what = `${whatOf({ name })} at ${this.#client.endpoint}`
      try {
        const identity = this.#provider.identity.description
        return {
          value: secretValueOf(
            { ...response, body: { Parameter: found[0] } },
            { name, version: undefined, what, identity },
          ),
        }
      } catch (error) {
        const failure = toSecretSyncError(error, what)
        // A malformed entry is no outage: the response to a read of its own may be good.
        return failure.code === 'InvalidResponse' ? undefined : { error: failure }
      }
    })
  }

  /** The error of the whole call as the error of a read. */
  #forRef(error: SecretSyncError, what: string, ref: SecretRef): SecretSyncError {
    const where = `${what} at ${this.#client.endpoint}: `
    const hint = error.message.startsWith(where) ? error.message.slice(where.length) : error.message
    const explained = error.facts.httpStatus === undefined ? hint : this.#explain({ code: error.code, hint }).hint
    return new SecretSyncError(error.code, `${whatOf(ref)} at ${this.#client.endpoint}: ${explained}`, {
      facts: error.facts,
    })
  }
}

function whatOf({ name }: SecretRef): string {
  return `OOS parameter ${JSON.stringify(name)}`
}

function withBatchFact(error: SecretSyncError, batch: 'unsupported' | 'denied'): SecretSyncError {
  return new SecretSyncError(error.code, error.message, { facts: { ...error.facts, batch }, cause: error })
}

/**
 * The requested version; undefined for the latest. Rejects versions that OOS cannot have, instead of reading another version or
 * reporting a `NotFound` that OOS has not confirmed.
 */
function versionOf({ versionId, versionStage }: SecretRef, what: string): string | undefined {
  if (versionId !== undefined) {
    if (/^[1-9]\d{0,9}$/.test(versionId)) return versionId
    const got = JSON.stringify(versionId.slice(0, 80))
    throw invalidSpec(what, 'versionId', `expected the number of a version, such as 3, got ${got}`)
  }
  if (versionStage === undefined || versionStage === 'ACSCurrent') return undefined
  const got = JSON.stringify(versionStage.slice(0, 80))
  throw invalidSpec(
    what,
    'versionStage',
    `OOS has no stages but the latest version (ACSCurrent), got ${got}; name a versionId`,
  )
}

function invalidSpec(what: string, field: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${what}: ${field}: ${why}`, { facts: { field } })
}
