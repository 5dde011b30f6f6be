import {
  type KubeClient,
  type ObjectChange,
  type ObjectMeta,
  Reflector,
  type ReflectorFault,
  type RefreshOptions,
} from '@ack-secret-manager/k8s-client'

/** Fields of a namespace that decide which stores it may use and which ExternalSecrets it gets. */
export interface Namespace {
  readonly labels: Readonly<Record<string, string>>
  /** It is being deleted and rejects new objects. */
  readonly terminating: boolean
}

/** API path of all namespaces. */
export const NAMESPACES_PATH = '/api/v1/namespaces'

export function toNamespace({ labels = {}, deletionTimestamp }: ObjectMeta): Namespace {
  return { labels, terminating: deletionTimestamp !== undefined }
}

export interface NamespacesOptions {
  readonly client: KubeClient
  /** A namespace was created, changed or deleted. */
  readonly onChange: (name: string, before: Namespace | undefined, now: Namespace | undefined) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/** Cache of all namespaces with their labels. */
export class Namespaces {
  readonly #onChange: NamespacesOptions['onChange']
  readonly #reflector: Reflector<Namespace>

  constructor({ client, onChange, onFault }: NamespacesOptions) {
    this.#onChange = onChange
    this.#reflector = new Reflector<Namespace>({
      client,
      path: NAMESPACES_PATH,
      metadataOnly: true,
      project: ({ metadata }) => toNamespace(metadata),
      onChange: (change) => this.#notify(change),
      onFault,
    })
  }

  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** As of {@link Reflector}. */
  refresh(options: RefreshOptions): Promise<void> {
    return this.#reflector.refresh(options)
  }

  /** Undefined for an unknown namespace. */
  get(name: string): Namespace | undefined {
    return this.#reflector.get(name)
  }

  /** False for an unknown namespace. */
  readonly isTerminating = (name: string): boolean => this.get(name)?.terminating === true

  /** All namespaces by name. */
  entries(): Iterable<readonly [string, Namespace]> {
    return this.#reflector.entries()
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
  }

  #notify(change: ObjectChange<Namespace>): void {
    const before = change.kind === 'added' ? undefined : change.previous
    const now = change.kind === 'deleted' ? undefined : change.object
    if (JSON.stringify(before) !== JSON.stringify(now)) this.#onChange(change.key, before, now)
  }
}
