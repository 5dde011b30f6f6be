import { kmsSecretValue, parseKmsSecretResponse } from '@ack-secret-manager/alicloud-openapi'
import type { AccessCheck, SecretBackend, SecretRef, SecretValue } from '@ack-secret-manager/core'
import { KmsSdkClient, type KmsSdkClientOptions } from '@ack-secret-manager/kms-sdk'
import { accessOf } from './dry-run.ts'

/** Options of {@link kmsEndpointBackend}. */
export type KmsEndpointOptions = KmsSdkClientOptions

/**
 * Reads secret values from the shared endpoint of Alibaba Cloud KMS (API 2016-01-20, GetSecretValue) through the official
 * SDK `@alicloud/kms20160120`. All types of secrets, text and binary, by stage or version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is not a positive integer
 */
export function kmsEndpointBackend(options: KmsEndpointOptions): SecretBackend {
  return new KmsEndpointBackend(new KmsSdkClient(options))
}

class KmsEndpointBackend implements SecretBackend {
  readonly #client: KmsSdkClient

  constructor(client: KmsSdkClient) {
    this.#client = client
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const what = this.#nameOf(ref)
    const response = await this.#request(ref, queryOf(ref), signal)
    return kmsSecretValue(parseKmsSecretResponse(response, what), ref.name, what)
  }

  async checkAccess(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<AccessCheck> {
    try {
      // An endpoint without dry runs returns the value, which is dropped.
      await this.#request(ref, { ...queryOf(ref), DryRun: 'true' }, signal)
      return { allowed: true }
    } catch (error) {
      const access = accessOf(error)
      if (access === undefined) throw error
      return access
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #request(ref: SecretRef, query: Query, signal: AbortSignal): Promise<Record<string, unknown>> {
    return this.#client.call({ action: 'GetSecretValue', query, what: this.#nameOf(ref), resource: ref.name, signal })
  }

  #nameOf({ name }: SecretRef): string {
    return `KMS secret ${JSON.stringify(name)} at ${this.#client.endpoint}`
  }
}

type Query = Readonly<Record<string, string>>

function queryOf({ name, versionId, versionStage }: SecretRef): Query {
  if (versionId !== undefined) return { SecretName: name, VersionId: versionId }
  return { SecretName: name, VersionStage: versionStage ?? 'ACSCurrent' }
}
