import {
  type BackendDriver,
  type EndpointDriver,
  type Network,
  type PackageDriver,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { EndpointService } from '@ack-secret-manager/resources'
import type { StoreDefaults } from '../../store-types.ts'

/** The drivers of a program, and the endpoints of stores without one. */
export class Drivers {
  readonly region: string
  readonly #network: Network | undefined
  readonly #services: readonly EndpointDriver[]
  readonly #packages: ReadonlyMap<string, PackageDriver>
  /** Default endpoints in {@link region}, by provider. The cluster administrator chose them, so they are always allowed. */
  readonly endpoints: ReadonlyMap<string, string>

  /** @throws SecretSyncError `InvalidSpec` for a malformed region or endpoint */
  constructor(
    drivers: readonly BackendDriver[],
    { region, endpoints, network }: Pick<StoreDefaults, 'region' | 'endpoints' | 'network'>,
  ) {
    this.region = region
    this.#network = network
    this.#services = drivers.filter((driver) => driver.kind !== undefined)
    this.#packages = new Map(drivers.flatMap((driver) => (driver.kind === undefined ? [[driver.package, driver]] : [])))
    this.endpoints = new Map(
      this.#services.flatMap((driver) => {
        const endpoint = driver.defaultEndpoint?.(region, { configured: endpoints?.[driver.provider], network })
        return endpoint === undefined ? [] : [[driver.provider, endpoint]]
      }),
    )
  }

  /** Patterns of the endpoints that stores may always name. */
  get allowedEndpoints(): readonly string[] {
    return this.#services.flatMap(({ allowedEndpoints }) => allowedEndpoints)
  }

  /** The configured endpoint in the operator's region, the well-known name in other regions. */
  endpoint(provider: string, region = this.region): string {
    const known = region === this.region ? this.endpoints.get(provider) : undefined
    const [endpoint] =
      known === undefined
        ? this.#of(provider).flatMap((one) => one.defaultEndpoint?.(region, { network: this.#network }) ?? [])
        : [known]
    if (endpoint === undefined) throw notSupported(provider)
    return endpoint
  }

  /** The driver that a store selects; undefined if the host name decides. @throws SecretSyncError `InvalidSpec` */
  selectedBy({ provider, driver: kind }: EndpointService): EndpointDriver | undefined {
    const drivers = this.#of(provider).filter((driver) => kind === undefined || driver.kind === kind)
    if (drivers.length === 0) throw notSupported(kind ?? provider)
    return kind === undefined ? undefined : drivers[0]
  }

  /** The driver that reads from a host. @throws SecretSyncError `InvalidSpec` */
  ofEndpoint(provider: string, endpoint: string): EndpointDriver {
    const drivers = this.#of(provider)
    const driver =
      drivers.find(({ hosts }) => hosts?.test(endpoint)) ?? drivers.find(({ hosts }) => hosts === undefined)
    if (driver === undefined) throw notSupported(provider)
    return driver
  }

  /** The driver of a loaded package. */
  ofPackage(name: string): PackageDriver | undefined {
    return this.#packages.get(name)
  }

  #of(provider: string): readonly EndpointDriver[] {
    return this.#services.filter((driver) => driver.provider === provider)
  }
}

function notSupported(name: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `this program has no driver for ${name}`)
}
