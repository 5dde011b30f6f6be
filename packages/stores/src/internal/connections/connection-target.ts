import { createHash } from 'node:crypto'
import type { BackendConnection, BackendTarget, EndpointDriver, PackageDriver } from '@ack-secret-manager/core'

/** A connection that all stores with the same key share. */
export interface ConnectionTarget {
  /** Equal for targets with the same endpoint, identity and trusted CA. Holds nothing secret. */
  readonly key: string
  /** `spec.provider` of the ExternalSecrets that it serves. */
  readonly provider: string
  /** Undefined for a loaded package, which configures its own endpoint and identity. */
  readonly at?: BackendTarget
  /** Name of the loaded package. */
  readonly package?: string
  connect(): BackendConnection
  /** See {@link EndpointDriver.probe}. */
  probe?(signal: AbortSignal): Promise<void>
}

/** A target of the driver of a service. */
export interface EndpointTarget extends ConnectionTarget {
  readonly driver: EndpointDriver
  readonly at: BackendTarget
}

export function endpointTarget(driver: EndpointDriver, at: BackendTarget): EndpointTarget {
  const { identity } = at.clientKey ?? at.provider
  const trust = driver.trustKey === undefined ? [] : [driver.trustKey(at)]
  return {
    key: JSON.stringify([driver.kind, at.endpoint, identity.fingerprint, ...trust]),
    provider: driver.provider,
    driver,
    at,
    connect: () => driver.connect(at),
    ...(driver.probe === undefined ? {} : { probe: (signal) => driver.probe?.(at, signal) ?? Promise.resolve() }),
  }
}

/** Replaces the key and quota account that the package reports, because they could collide with those of other connections. */
export function packageTarget(
  driver: PackageDriver,
  config: Readonly<Record<string, unknown>>,
  provider: string,
): ConnectionTarget {
  const digest = createHash('sha256').update(JSON.stringify(config)).digest('base64url')
  const key = JSON.stringify(['plugin', driver.package, digest])
  return {
    key,
    provider,
    package: driver.package,
    connect: () => {
      const { kind, quota, backend } = driver.connect(config)
      return { key, kind, quota: { account: `${driver.package} ${quota.account}`, region: quota.region }, backend }
    },
  }
}
