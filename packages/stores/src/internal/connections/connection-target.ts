import { createHash } from 'node:crypto'
import type { BackendConnection, BackendTarget, EndpointDriver, PackageDriver } from '@ack-secret-manager/core'

interface CommonTarget {
  /** Equal for targets with the same endpoint, identity and trusted CA. Holds nothing secret. */
  readonly key: string
  /** `spec.provider` of the ExternalSecrets that it serves. */
  readonly provider: string
  connect(): BackendConnection
}

/** An endpoint of a service, with the identity that reads from it. */
export interface EndpointTarget extends CommonTarget {
  readonly driver: EndpointDriver
  readonly at: BackendTarget
  readonly package?: never
}

/** A loaded package, which configures its own endpoint and identity. */
export interface PackageTarget extends CommonTarget {
  readonly package: string
  readonly driver?: never
  readonly at?: never
}

/** A connection that all stores with the same key share. */
export type ConnectionTarget = EndpointTarget | PackageTarget

export function endpointTarget(driver: EndpointDriver, at: BackendTarget): EndpointTarget {
  const { identity } = at.clientKey ?? at.provider
  const trust = driver.trustKey === undefined ? [] : [driver.trustKey(at)]
  return {
    key: JSON.stringify([driver.kind, at.endpoint, identity.fingerprint, ...trust]),
    provider: driver.provider,
    driver,
    at,
    connect: () => driver.connect(at),
  }
}

/** Replaces key, endpoint and quota account that the package reports, because they could collide with those of other connections. */
export function packageTarget(
  driver: PackageDriver,
  config: Readonly<Record<string, unknown>>,
  provider: string,
): PackageTarget {
  const digest = createHash('sha256').update(JSON.stringify(config)).digest('base64url')
  const key = JSON.stringify(['plugin', driver.package, digest])
  return {
    key,
    provider,
    package: driver.package,
    connect: () => {
      const { endpoint, kind, quota, backend } = driver.connect(config)
      return {
        key,
        ...(endpoint !== undefined && { endpoint: `${driver.package} ${endpoint}` }),
        kind,
        quota: { ...quota, account: `${driver.package} ${quota.account}` },
        backend,
      }
    },
  }
}
