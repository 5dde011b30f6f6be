import type { Credential } from '@ack-secret-manager/core'
import kms from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { RuntimeOptions } from '@alicloud/tea-util'

/** One query of the KMS API, as the SDK signs and sends it. */
export type SdkCall = (action: string, query: Readonly<Record<string, string>>) => Promise<Record<string, unknown>>

/** The SDK is CommonJS compiled from ESM: Node gives its exports as the default, loaders with interop the class itself. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms

/** Version of the KMS API. */
const API_VERSION = '2016-01-20'

/**
 * Calls of the official SDK with one fixed credential. The SDK asks a client's credential for id, secret and token one
 * after the other, so a client is never given a credential that can change.
 * @param timeoutMs ends the SDK's socket when everything else has failed to; the SDK counts an idle socket's time as
 * connect time, hence one figure for both
 */
export function sdkClient(endpoint: string, credential: Credential, timeoutMs: number): SdkCall {
  const client = new KmsClient(
    new Config({
      endpoint,
      accessKeyId: credential.accessKeyId,
      accessKeySecret: credential.accessKeySecret.expose(),
      ...(credential.securityToken === undefined ? {} : { securityToken: credential.securityToken.expose() }),
      userAgent: 'ack-secret-manager',
    }),
  )
  const runtime = new RuntimeOptions({ readTimeout: timeoutMs, connectTimeout: timeoutMs, autoretry: false })
  // Not the typed calls: their models lack the secret's type and every rotation fact.
  // `null`, which the SDK's own calls pass too, is 'no body'; its types are not made for strict null checks.
  const noBody = null as never
  return (action, query) => client.doRequest(action, 'HTTPS', 'POST', API_VERSION, 'AK', query, noBody, runtime)
}
