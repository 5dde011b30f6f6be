import { createHash } from 'node:crypto'
import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import type { BackendConnection } from '@ack-secret-manager/core'
import { oosBackend, type OosSettings } from './oos-backend.ts'
import { defaultOosEndpoint, regionOf } from './oos-endpoint.ts'

/** Options of {@link oosConnection}. */
export interface OosConnectionOptions extends OosSettings {
  /** Names the default endpoint, and the quota where the endpoint does not: `cn-hangzhou`. */
  readonly region: string
  /** @default `oos-vpc.{region}.aliyuncs.com` */
  readonly endpoint?: string
}

/**
 * An {@link oosBackend} with what makes it equal to another: endpoint and proven identity.
 * @throws SecretSyncError `InvalidSpec` for a malformed region, endpoint or CA
 */
export function oosConnection({ region, ...options }: OosConnectionOptions): BackendConnection {
  const endpoint = parseEndpoint(options.endpoint ?? defaultOosEndpoint(region), {
    example: 'oos.cn-hangzhou.aliyuncs.com',
  })
  const { kind, fingerprint, account } = options.provider.identity
  return {
    key: JSON.stringify(['oos', endpoint, kind, fingerprint, trustOf(options.ca)]),
    kind: 'oos',
    // Calls of OOS do not count towards the limits of KMS, although the account and the region are the same.
    quota: { account, region: `oos ${regionOf(endpoint) ?? region}` },
    backend: oosBackend({ ...options, endpoint }),
  }
}

/** Two that trust differently must not read for each other. */
function trustOf(ca: string | undefined): string {
  return ca === undefined ? '' : createHash('sha256').update(ca).digest('base64url')
}
