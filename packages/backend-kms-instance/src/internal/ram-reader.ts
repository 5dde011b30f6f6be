import { KMS_ERRORS, parseKmsSecretResponse, type OpenApiClient } from '@ack-secret-manager/alicloud-openapi'
import type { CredentialProvider, SecretRef } from '@ack-secret-manager/core'
import type { Explain, SecretReader } from './secret-reader.ts'

/** Reads with a RAM identity through the ordinary KMS API, which the gateway of an instance also serves. */
export function ramReader(provider: CredentialProvider, client: OpenApiClient, explain: Explain): SecretReader {
  return {
    async request(ref, { what, where, signal }) {
      const { body } = await client.call({
        action: 'GetSecretValue',
        version: '2016-01-20',
        as: provider,
        retryRefused: true,
        params: paramsOf(ref),
        what,
        errors: KMS_ERRORS,
        explain,
        signal,
      })
      return parseKmsSecretResponse(body, where)
    },
    close: () => client.close(),
  }
}

function paramsOf({ name, versionId, versionStage }: SecretRef): Record<string, string> {
  if (versionId !== undefined) return { SecretName: name, VersionId: versionId }
  return { SecretName: name, VersionStage: versionStage ?? 'ACSCurrent' }
}
