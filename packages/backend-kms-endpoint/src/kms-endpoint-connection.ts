import { createHash } from 'node:crypto'
import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import type { BackendConnection } from '@ack-secret-manager/core'
import { defaultKmsEndpoint } from './endpoint.ts'
import { kmsEndpointBackend, type KmsEndpointOptions } from './kms-endpoint-backend.ts'

/** Options of {@link kmsEndpointConnection}. */
export interface KmsEndpointConnectionOptions extends Omit<KmsEndpointOptions, 'endpoint'> {
  /** Region of the default endpoint, and of the quota if the endpoint does not name one: `cn-hangzhou`. */
  readonly region: string
  /** @default `kms-vpc.{region}.aliyuncs.com` */
  readonly endpoint?: string
}

/**
 * A {@link kmsEndpointBackend} with its connection key: endpoint, identity and trusted CA.
 * @throws SecretSyncError `InvalidSpec` for a malformed region, endpoint or CA
 */
export function kmsEndpointConnection({ region, ...options }: KmsEndpointConnectionOptions): BackendConnection {
  const endpoint = parseEndpoint(options.endpoint ?? defaultKmsEndpoint(region))
  const { identity } = options.provider
  const named = quotaRegionOf(endpoint)
  return {
    key: JSON.stringify(['kms-endpoint', endpoint, identity.fingerprint, ...trustOf(options.ca)]),
    kind: 'kms-endpoint',
    quota: { account: identity.account, ...(named === undefined ? { region, endpoint } : { region: named }) },
    backend: kmsEndpointBackend({ ...options, endpoint }),
  }
}

/** Connections with different trusted CAs must not share reads. */
function trustOf(ca: string | undefined): readonly string[] {
  return ca === undefined ? [] : [createHash('sha256').update(ca).digest('base64url')]
}

/** The region or instance that KMS counts calls for; undefined if the endpoint is not a name of KMS. */
function quotaRegionOf(endpoint: string): string | undefined {
  if (/^[a-z0-9-]+\.cryptoservice\.kms\.aliyuncs\.com$/.test(endpoint)) return endpoint
  return /^kms(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/.exec(endpoint)?.[1]
}
