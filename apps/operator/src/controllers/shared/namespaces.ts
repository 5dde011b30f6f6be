import { type KubeClient, type ObjectChange, Reflector, type ReflectorFault } from '@ack-secret-manager/k8s-client'

/** A namespace, as far as it decides who may use a store and who gets an ExternalSecret. */
export interface Namespace {
  readonly labels: Readonly<Record<string, string>>
  /** It is about to go, and takes nothing new. */
  readonly terminating: boolean
}

/** Options of {@link Namespaces}. */
export interface NamespacesOptions {
  readonly client: KubeClient
  /** A namespace appeared, went, or is not what it was. */
  readonly onChange: (name: string, before: Namespace | undefined, now: Namespace | undefined) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/** Knows all namespaces with their labels. */
export class Namespaces {
  readonly #onChange: NamespacesOptions['onChange']
  readonly #reflector: Reflector<Namespace>

  constructor({ client, onChange, onFault }: NamespacesOptions) {
    this.#onChange = onChange
    this.#reflector = new Reflector<Namespace>({
      client,
      path: '/api/v1/namespaces',
      metadataOnly: true,
      project: ({ metadata }) => ({
        labels: metadata.labels ?? {},
        terminating: metadata.deletionTimestamp !== undefined,
      }),
      onChange: (change) => this.#tell(change),
      onFault,
    })
  }

  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** Undefined for one that is not known. */
  get(name: string): Namespace | undefined {
    return this.#reflector.get(name)
  }

  /** False for one that is not known. */
  readonly isTerminating = (name: string): boolean => this.get(name)?.terminating === true

  /** All of them, with their names. */
  entries(): Iterable<readonly [string, Namespace]> {
    return this.#reflector.entries()
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
  }

  #tell(change: ObjectChange<Namespace>): void {
    const before = change.kind === 'added' ? undefined : change.previous
    const now = change.kind === 'deleted' ? undefined : change.object
    if (JSON.stringify(before) !== JSON.stringify(now)) this.#onChange(change.key, before, now)
  }
}
