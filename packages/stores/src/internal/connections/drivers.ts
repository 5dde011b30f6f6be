import {
  type BackendDriver,
  type BackendTarget,
  type EndpointDriver,
  type PackageDriver,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { EndpointService } from '@ack-secret-manager/resources'
import type { StoreDefaults } from '../../store-types.ts'
import { type EndpointTarget, endpointTarget } from './connection-target.ts'

/** The drivers of a program, and the endpoints of stores without one. */
export class Drivers {
  readonly region: string
  readonly #services: readonly EndpointDriver[]
  readonly #packages: ReadonlyMap<string, PackageDriver>
  /** Endpoints in {@link region}, by provider. */
  readonly #endpoints: ReadonlyMap<string, string>

  /** @throws SecretSyncError `InvalidSpec` for a malformed region or endpoint */
  constructor(drivers: readonly BackendDriver[], { region, endpoints }: Pick<StoreDefaults, 'region' | 'endpoints'>) {
    this.region = region
    this.#services = drivers.filter((driver) => driver.kind !== undefined)
    this.#packages = new Map(
      drivers.flatMap((driver) => (driver.package !== undefined ? [[driver.package, driver]] : [])),
    )
    this.#endpoints = new Map(
      this.#services.flatMap((driver) => {
        const endpoint = driver.defaultEndpoint?.(region, endpoints?.[driver.provider])
        return endpoint === undefined ? [] : [[driver.provider, endpoint]]
      }),
    )
  }

  /** Default endpoints by provider. The cluster administrator chose them, so they are always allowed. */
  get endpoints(): ReadonlyMap<string, string> {
    return this.#endpoints
  }

  /** Patterns of the endpoints that stores may always name. */
  get allowedEndpoints(): readonly string[] {
    return this.#services.flatMap(({ allowedEndpoints }) => allowedEndpoints)
  }

  /** The configured endpoint in the operator's region, the well-known name in other regions. */
  endpoint(provider: string, region: string | undefined): string {
    const configured = this.#endpoints.get(provider)
    const driver = this.#services.find((one) => one.provider === provider && one.defaultEndpoint !== undefined)
    if (configured === undefined || driver?.defaultEndpoint === undefined) throw notSupported(provider)
    return region === undefined || region === this.region ? configured : driver.defaultEndpoint(region)
  }

  /** The driver that a store selects; undefined if the host name decides. @throws SecretSyncError `InvalidSpec` */
  selectedBy({ provider, driver: kind }: EndpointService): EndpointDriver | undefined {
    const drivers = this.#services.filter((one) => one.provider === provider && one.kind === (kind ?? one.kind))
    if (drivers.length === 0) throw notSupported(kind ?? provider)
    return kind === undefined ? undefined : drivers[0]
  }

  /** The target of the driver that reads from the host. @throws SecretSyncError `InvalidSpec` */
  targetAt(provider: string, at: BackendTarget): EndpointTarget {
    const drivers = this.#services.filter((driver) => driver.provider === provider)
    const driver =
      drivers.find(({ hosts }) => hosts?.test(at.endpoint) === true) ?? drivers.find(({ hosts }) => hosts === undefined)
    if (driver === undefined) throw notSupported(provider)
    return endpointTarget(driver, at)
  }

  /** The driver of a loaded package. */
  ofPackage(name: string): PackageDriver | undefined {
    return this.#packages.get(name)
  }
}

function notSupported(name: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `this program has no driver for ${name}`)
}
