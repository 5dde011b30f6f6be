import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { type ResourceSharing, splitKey, type SyncEngine } from '@ack-secret-manager/sync-engine'
import { readExternalSecretOwner } from '../controllers/shared/live-owner.ts'
import { MAX_DOMAINS, type MemberRecord } from '@ack-secret-manager/resources'
import { CLUSTER_DOMAIN, OWNS_ALL, type Ownership } from './ownership.ts'
import type { QuotaShares } from './quota-shares.ts'
import type { ResourceRoutes } from './resource-routes.ts'

/** The parts whose work is shared. */
export interface SharedParts {
  readonly engine: Pick<SyncEngine, 'released' | 'recover'>
  readonly resources: {
    has(key: string): boolean
    reassign(): boolean
    load(signal: AbortSignal, options: { readonly isUrgent: boolean }): Promise<void>
    written(): Promise<void>
  }
  readonly stores: { reassign(): void; written(): Promise<void> }
  readonly clusterExternalSecrets: { lead(): void; rest(): Promise<void> } | undefined
  readonly pushSecrets: { reassign(): void; written(): Promise<void> } | undefined
  readonly rateLimits: { sharesChanged(nowMs: number): void }
}

export interface SharedWorkOptions {
  readonly routes: ResourceRoutes
  readonly shares: QuotaShares
  readonly client: Pick<KubeClient, 'list'>
}

/**
 * The share of the work that this process does. A standby caches the specs of all resources, because it may take over any slot. A
 * working process caches only those that it owns.
 */
export class SharedWork {
  readonly #options: SharedWorkOptions
  readonly #stop = new AbortController()
  /** Deleted resources of this process whose targets are not released yet. */
  readonly #deleted = new Set<string>()
  #ownership: Ownership = OWNS_ALL
  #parts: SharedParts | undefined
  #isActive = false
  #ownsCluster = false

  constructor(options: SharedWorkOptions) {
    this.#options = options
  }

  /** Must be called before any part runs. */
  connect(parts: SharedParts): void {
    this.#parts = parts
  }

  readonly owns = (domain: string): boolean => this.#ownership.owns(domain)

  /** Whether this process does the work of {@link CLUSTER_DOMAIN}. */
  readonly ownsCluster = (): boolean => this.#isActive && this.owns(CLUSTER_DOMAIN)

  get isActive(): boolean {
    return this.#isActive
  }

  /** Number of live members that this process knows. */
  get members(): number {
    return this.#ownership.members
  }

  /** How the engine shares its work with other processes. */
  readonly sharing: ResourceSharing = {
    isForeign: (key) => this.#parts?.resources.has(key) === true,
    mayCleanUp: async (key, { signal }) => {
      if (!this.owns(CLUSTER_DOMAIN) && !this.#deleted.has(key)) return false
      const [namespace, name] = splitKey(key)
      return (await readExternalSecretOwner(this.#options.client, { namespace, name }, signal)) === undefined
    },
  }

  /** A resource of this process was deleted. */
  deleted(key: string): void {
    this.#deleted.add(key)
  }

  /** The targets of a deleted resource are released. */
  removed(key: string): void {
    this.#deleted.delete(key)
  }

  /**
   * Works on other domains from now on.
   * @returns a promise that resolves when no write in a lost domain is in progress
   */
  async apply(ownership: Ownership): Promise<void> {
    this.#ownership = ownership
    this.#options.shares.ownership = ownership
    this.#isActive = true
    const { engine, resources, stores, clusterExternalSecrets, pushSecrets } = this.#connected
    const isComplete = this.#reassign()
    void this.#takeOver(isComplete)
    const rest = this.#leadOrRest(clusterExternalSecrets)
    await Promise.all([engine.released(), resources.written(), stores.written(), pushSecrets?.written(), rest])
  }

  /** A store has changed, which may change the domain of its resources. */
  storeChanged(key: string): void {
    if (!this.#options.routes.storeChanged(key) || !this.#isActive) return
    if (!this.#reassign()) void this.#connected.resources.load(this.#stop.signal, { isUrgent: false })
  }

  /** The work of this process, for its member record. */
  work(): Pick<MemberRecord, 'resources' | 'domainCount' | 'domains'> {
    if (!this.#isActive) return { resources: 0, domainCount: 0, domains: [] }
    const owned = [...this.#options.routes.resources()].filter(([domain]) => this.owns(domain))
    const domains = owned.map(([domain]) => domain).sort()
    const resources = owned.reduce((sum, [, count]) => sum + count, 0)
    return { resources, domainCount: domains.length, domains: domains.slice(0, MAX_DOMAINS) }
  }

  /** Ends the work of this process. */
  close(): void {
    this.#isActive = false
    this.#stop.abort()
  }

  /** @returns false if the engine lacks an owned resource */
  #reassign(): boolean {
    const { resources, stores, pushSecrets, rateLimits } = this.#connected
    rateLimits.sharesChanged(performance.now())
    stores.reassign()
    pushSecrets?.reassign()
    return resources.reassign()
  }

  async #takeOver(isComplete: boolean): Promise<void> {
    const { engine, resources } = this.#connected
    if (!isComplete) await resources.load(this.#stop.signal, { isUrgent: true })
    // Resources may have been deleted while no process worked on them.
    if (!this.#stop.signal.aborted) engine.recover()
  }

  async #leadOrRest(controller: SharedParts['clusterExternalSecrets']): Promise<void> {
    const owned = this.#ownsCluster
    this.#ownsCluster = this.ownsCluster()
    if (this.#ownsCluster && !owned) controller?.lead()
    if (!this.#ownsCluster && owned) await controller?.rest()
  }

  get #connected(): SharedParts {
    if (this.#parts === undefined) throw new Error('the shared work was applied before it was connected')
    return this.#parts
  }
}
