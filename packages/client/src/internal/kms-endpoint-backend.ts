import {
  getSecretValue,
  kmsSecretValue,
  OpenApiClient,
  type OpenApiClientOptions,
  withRequester,
} from '@ack-secret-manager/alicloud-openapi'
import type { CredentialProvider, SecretBackend } from '@ack-secret-manager/core'

/** Reads through the KMS endpoint of a region with a RAM identity. It uses our own signed requests, because the SDK is 20 MB. */
export function kmsEndpointBackend(provider: CredentialProvider, options: OpenApiClientOptions): SecretBackend {
  const client = new OpenApiClient(options)
  const explain = withRequester(provider.identity.description, 'call kms:GetSecretValue on this secret')
  return {
    async read(ref, { signal }) {
      const what = `KMS secret ${JSON.stringify(ref.name)}`
      const where = `${what} at ${client.endpoint}`
      return kmsSecretValue(
        await getSecretValue(client, ref, { as: provider, what, where, explain, signal }),
        ref.name,
        where,
      )
    },
    close: () => client.close(),
  }
}
