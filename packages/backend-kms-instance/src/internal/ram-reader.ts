import { getSecretValue, type OpenApiClient } from '@ack-secret-manager/alicloud-openapi'
import type { CredentialProvider } from '@ack-secret-manager/core'
import type { Explain, SecretReader } from './secret-reader.ts'

/** Reads with a RAM identity through the ordinary KMS API, which the gateway of an instance also serves. */
export function ramReader(provider: CredentialProvider, client: OpenApiClient, explain: Explain): SecretReader {
  return {
    request: (ref, options) => getSecretValue(client, ref, { as: provider, explain, ...options }),
    close: () => client.close(),
  }
}
