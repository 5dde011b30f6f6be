import type { Credential } from '@ack-secret-manager/core'
import kms from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { RuntimeOptions } from '@alicloud/tea-util'

/** Parameters of a call by their names in the API. */
export type CallParams = Readonly<Record<string, string>>

/** Sends one signed call to the KMS API. The query is part of the URL, which proxies and errors may record; the form is not. */
export type SdkCall = (
  action: string,
  params: { readonly query: CallParams; readonly form: CallParams | undefined },
) => Promise<Record<string, unknown>>

/** The SDK is CommonJS compiled from ESM. Node imports its exports as the default, loaders with interop import the class. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms

/** Version of the KMS API. */
const API_VERSION = '2016-01-20'

/**
 * Creates an SDK client with one fixed credential. The SDK reads id, secret and token separately, so a credential that changes
 * in between would be inconsistent.
 * @param timeoutMs last-resort timeout of the socket. The SDK counts idle time as connect time, so one value serves for both.
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
  // Untyped, because the SDK's models lack the type of the secret and all rotation fields.
  return (action, { query, form }) => {
    // `null` means no body, as in the SDK's own calls; its types do not support strict null checks.
    const body = (form ?? null) as never
    return client.doRequest(action, 'HTTPS', 'POST', API_VERSION, 'AK', { ...query }, body, runtime)
  }
}
