import { createHash } from 'node:crypto'
import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import type { BackendConnection } from '@ack-secret-manager/core'
import { oosBackend, type OosSettings } from './oos-backend.ts'
import { defaultOosEndpoint, regionOf } from './oos-endpoint.ts'

export interface OosConnectionOptions extends OosSettings {
  /** Region of the default endpoint, and of the quota if the endpoint does not name one: `cn-hangzhou`. */
  readonly region: string
  /** @default `oos-vpc.{region}.aliyuncs.com` */
  readonly endpoint?: string
}

/**
 * An {@link oosBackend} with its connection key: endpoint, identity and trusted CA.
 * @throws SecretSyncError `InvalidSpec` for a malformed region, endpoint or CA
 */
export function oosConnection({ region, ...options }: OosConnectionOptions): BackendConnection {
  const endpoint = parseEndpoint(options.endpoint ?? defaultOosEndpoint(region), {
    example: 'oos.cn-hangzhou.aliyuncs.com',
  })
  const { kind, fingerprint, account } = options.provider.identity
  const named = regionOf(endpoint)
  return {
    key: JSON.stringify(['oos', endpoint, kind, fingerprint, trustOf(options.ca)]),
    kind: 'oos',
    // OOS and KMS have separate quotas for the same account and region.
    quota: { account, region: `oos ${named ?? region}`, ...(named === undefined && { endpoint }) },
    backend: oosBackend({ ...options, endpoint }),
  }
}

/** Connections with different trusted CAs must not share reads. */
function trustOf(ca: string | undefined): string {
  return ca === undefined ? '' : createHash('sha256').update(ca).digest('base64url')
}
