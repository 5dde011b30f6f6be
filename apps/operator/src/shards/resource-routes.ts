import type { StoreQuery } from '@ack-secret-manager/core'
import {
  type ExternalSecretSpec,
  type FindEntry,
  findsOf,
  type ParseResult,
  type PushSecretResource,
} from '@ack-secret-manager/resources'
import { quotaDomain, storeKeyOf, type StoreResource } from '@ack-secret-manager/stores'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import { CLUSTER_DOMAIN } from './ownership.ts'

/** How ExternalSecrets reach their first secret. Those with the same route share one object, to save memory. */
export interface Route {
  readonly key: string
  /** `namespace/name`; undefined without a store. */
  readonly store: string | undefined
  readonly kmsEndpoint: string | undefined
  readonly provider: string | undefined
  /** Quota domain, which changes with the spec of the store. */
  domain: string
  /** Number of resources. */
  resources: number
}

type RouteFields = Pick<Route, 'store' | 'kmsEndpoint' | 'provider'>

export interface ResourceRoutesOptions {
  /** Region of stores without one. */
  readonly region: string
  /** A cached store by `namespace/name`. */
  readonly storeOf: (key: string) => ParseResult<StoreResource> | undefined
}

/** Quota domain of every resource, which is that of the first secret in its spec. */
export class ResourceRoutes {
  readonly #options: ResourceRoutesOptions
  readonly #routes = new Map<string, Route>()

  constructor(options: ResourceRoutesOptions) {
    this.#options = options
  }

  /** The route of a resource. Call {@link enter} to keep it. */
  routeOf(namespace: string, spec: SyncResource['spec']): Route {
    const fields = spec.ok ? firstRead(namespace, spec.value) : undefined
    const key = JSON.stringify(fields ?? {})
    const known = this.#routes.get(key)
    if (known) return known
    const domain = fields === undefined ? CLUSTER_DOMAIN : this.#domainOf(fields)
    return { key, store: undefined, kmsEndpoint: undefined, provider: undefined, ...fields, domain, resources: 0 }
  }

  /** A resource has this route. @returns the shared route */
  enter(route: Route): Route {
    const shared = this.#routes.get(route.key) ?? route
    this.#routes.set(shared.key, shared)
    shared.resources += 1
    return shared
  }

  leave(route: Route): void {
    route.resources -= 1
    if (route.resources === 0) this.#routes.delete(route.key)
  }

  /** The domain of one read. */
  domainOfQuery({ namespace, ref, kmsEndpoint, provider }: StoreQuery): string {
    return this.#domainOf({ store: ref && storeKeyOf(ref, namespace), kmsEndpoint, provider })
  }

  /** @returns whether the domain of some resource has changed */
  storeChanged(store: string): boolean {
    let hasChanged = false
    for (const route of this.#routes.values()) {
      if (route.store !== store) continue
      const domain = this.#domainOf(route)
      hasChanged ||= domain !== route.domain
      route.domain = domain
    }
    return hasChanged
  }

  /** Number of resources by domain. */
  resources(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { domain, resources } of this.#routes.values()) counts.set(domain, (counts.get(domain) ?? 0) + resources)
    return counts
  }

  #domainOf({ store, kmsEndpoint, provider }: RouteFields): string {
    const { region, storeOf } = this.#options
    if (store === undefined) return quotaDomain(undefined, { region, kmsEndpoint, provider })
    return domainOfStore(storeOf(store), { region, kmsEndpoint })
  }
}

/** The domain of a store; that of the cluster if it does not exist or is invalid. */
export function domainOfStore(
  parsed: ParseResult<StoreResource> | undefined,
  options: Pick<Parameters<typeof quotaDomain>[1], 'region' | 'kmsEndpoint'>,
): string {
  return parsed?.ok === true ? quotaDomain(parsed.resource.spec, options) : CLUSTER_DOMAIN
}

/** The domain of the store that a PushSecret writes to; that of the cluster for an invalid spec. */
export function pushDomain(
  { namespace, parsed }: { readonly namespace: string; readonly parsed: ParseResult<PushSecretResource> },
  routes: Pick<ResourceRoutes, 'domainOfQuery'>,
): string {
  return parsed.ok ? routes.domainOfQuery({ namespace, ref: parsed.resource.spec.secretStoreRef }) : CLUSTER_DOMAIN
}

function firstRead(namespace: string, spec: ExternalSecretSpec): RouteFields | undefined {
  const { data, dataProcess, provider } = spec
  const first = data[0] ?? dataProcess[0]?.extract ?? withoutEndpoint(findsOf(spec)[0]?.find)
  if (first === undefined) return undefined
  const { secretStoreRef, kmsEndpoint } = first
  if (secretStoreRef === undefined) return { store: undefined, kmsEndpoint, provider }
  return { store: storeKeyOf(secretStoreRef, namespace), kmsEndpoint, provider: undefined }
}

/** A find has no `kmsEndpoint`. */
function withoutEndpoint(find: FindEntry['find'] | undefined) {
  return find && { secretStoreRef: find.secretStoreRef, kmsEndpoint: undefined }
}
