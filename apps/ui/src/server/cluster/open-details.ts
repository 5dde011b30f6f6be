import type { Clock } from '@ack-secret-manager/core'
import type { KubeClient, KubeObject } from '@ack-secret-manager/k8s-client'
import { type ResourceEvent, resourceEvent } from '@ack-secret-manager/resource-view'
import { type WorkloadObject, workloadObject } from '../../model/objects.ts'
import type { DetailKind } from '../../model/views/access.ts'
import { workloadPath } from './collections.ts'
import { LiveCollection, type LiveCollectionOptions } from './live-collection.ts'

/** As many as pages can be open. Another one ends the watches of the one that was asked for longest ago. */
const MAX_OPEN = 4
/** Events of one object that are held; the page shows fewer. */
const MAX_EVENTS = 500
/** Pods and others of one namespace that use Secrets. */
const MAX_WORKLOADS = 5_000
/** Kinds that only the page of one ExternalSecret shows, because their objects are many or change often. */
const KINDS = ['Job', 'Pod', 'Ingress', 'ServiceAccount'] as const

/** An object whose page is open. */
export interface DetailRef {
  /** As in `touched` of a delta: `namespace/name` of an ExternalSecret, `SecretStore namespace/name` of a store, and so of a PushSecret. */
  readonly id: string
  readonly kind: 'ExternalSecret' | 'SecretStore' | 'ClusterSecretStore' | 'PushSecret'
  /** Empty for a cluster-scoped object. */
  readonly namespace: string
  readonly name: string
  /** An object of the same name that was deleted has Events, too. */
  readonly uid: string
  /** The Secret that an ExternalSecret writes, or that a PushSecret pushes; undefined for a store. */
  readonly secret: string | undefined
}

/** What the page of one object shows beyond the collections of all pages. */
export interface OpenDetail {
  readonly events: LiveCollection<ResourceEvent, DetailKind>
  /** Metadata of the Secret, watched by its name. */
  readonly secret: LiveCollection<KubeObject, DetailKind> | undefined
  /** In its namespace; none for a store. */
  readonly workloads: readonly LiveCollection<WorkloadObject, DetailKind>[]
}

/** Options of {@link OpenDetails}. */
export interface OpenDetailsOptions {
  readonly client: KubeClient
  readonly clock: Clock
  /** What is shown on the page of this id has changed, or is no longer watched. */
  readonly onChange: (id: string) => void
}

interface Watched {
  readonly detail: OpenDetail
  readonly ref: DetailRef
  readonly stop: AbortController
}

/** Watches what the pages of single objects show, for the few objects that were asked for last. */
export class OpenDetails {
  readonly #options: OpenDetailsOptions
  /** In the order of their last use. */
  readonly #open = new Map<string, Watched>()
  /** Includes watches that are ending. */
  readonly #runs = new Set<Promise<unknown>>()

  constructor(options: OpenDetailsOptions) {
    this.#options = options
  }

  /** The detail of an object, which is watched from now on. */
  open(ref: DetailRef): OpenDetail {
    const known = this.#open.get(ref.id)
    this.#open.delete(ref.id)
    if (known !== undefined && known.ref.secret === ref.secret && known.ref.uid === ref.uid) {
      this.#open.set(ref.id, known)
      return known.detail
    }
    known?.stop.abort()
    for (const id of [...this.#open.keys()].slice(0, Math.max(0, this.#open.size - MAX_OPEN + 1))) {
      this.#stop(id)
      // A page that still shows it asks again.
      this.#options.onChange(id)
    }
    const watched = { detail: this.#detailOf(ref), ref, stop: new AbortController() }
    this.#open.set(ref.id, watched)
    this.#run(watched)
    return watched.detail
  }

  /** Whether the API server does not answer, or refuses the credential, for a part of an open detail. */
  isFailing(id: string): boolean {
    const detail = this.#open.get(id)?.detail
    return (
      detail !== undefined &&
      collectionsOf(detail).some(({ state, isUnauthenticated }) => state === 'disconnected' || isUnauthenticated)
    )
  }

  /** Notices outages. Call it at intervals. */
  tick(): void {
    for (const { detail } of this.#open.values()) for (const each of collectionsOf(detail)) each.tick()
  }

  /** Ends all watches, because no page is open. */
  closeAll(): void {
    for (const id of this.#open.keys()) this.#stop(id)
  }

  /** Resolves when all watches have ended. */
  async close(): Promise<void> {
    this.closeAll()
    await Promise.all(this.#runs)
  }

  #stop(id: string): void {
    this.#open.get(id)?.stop.abort()
    this.#open.delete(id)
  }

  #run({ detail, stop }: Watched): void {
    for (const each of collectionsOf(detail)) {
      const run: Promise<void> = each.run(stop.signal).finally(() => this.#runs.delete(run))
      this.#runs.add(run)
    }
  }

  #detailOf({ id, kind, namespace, name, uid, secret }: DetailRef): OpenDetail {
    const { client, clock, onChange } = this.#options
    const base = { client, clock, onChange: () => this.#open.has(id) && onChange(id) }
    const inNamespace = <T>(options: Omit<LiveCollectionOptions<T, DetailKind>, keyof typeof base | 'namespace'>) =>
      new LiveCollection<T, DetailKind>({ ...base, namespace, ...options })
    return {
      events: new LiveCollection<ResourceEvent, DetailKind>({
        ...base,
        kind: 'Event',
        path: '/api/v1/events',
        // Of cluster-scoped objects they are in this namespace.
        namespace: namespace === '' ? 'default' : namespace,
        fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name},involvedObject.uid=${uid}`,
        maxObjects: MAX_EVENTS,
        orderBy: ({ time }) => time,
        project: resourceEvent,
      }),
      secret:
        secret === undefined
          ? undefined
          : inNamespace({
              kind: 'Secret',
              path: '/api/v1/secrets',
              fieldSelector: `metadata.name=${secret}`,
              metadataOnly: true,
              project: ({ metadata: { managedFields: _managed, ...metadata } }) => ({ metadata }),
            }),
      workloads:
        kind !== 'ExternalSecret'
          ? []
          : KINDS.map((each) =>
              inNamespace({
                kind: each,
                path: workloadPath(each),
                maxObjects: MAX_WORKLOADS,
                project: (raw) => workloadObject(each, raw),
              }),
            ),
    }
  }
}

/** All collections of a detail. */
export function collectionsOf({
  events,
  secret,
  workloads,
}: OpenDetail): readonly Pick<
  LiveCollection<unknown, DetailKind>,
  'run' | 'tick' | 'read' | 'state' | 'isUnauthenticated'
>[] {
  return [events, ...(secret === undefined ? [] : [secret]), ...workloads]
}
