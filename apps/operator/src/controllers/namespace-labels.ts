import { type KubeClient, Reflector, type ReflectorFault } from '@ack-secret-manager/k8s-client'

type Labels = Readonly<Record<string, string>>

/** Options of {@link NamespaceLabels}. */
export interface NamespaceLabelsOptions {
  readonly client: KubeClient
  /** The labels of a namespace are other ones now. */
  readonly onChange: (namespace: string) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/** Knows the labels of all namespaces, for stores that select by them. */
export class NamespaceLabels {
  readonly #reflector: Reflector<Labels>

  constructor({ client, onChange, onFault }: NamespaceLabelsOptions) {
    this.#reflector = new Reflector<Labels>({
      client,
      path: '/api/v1/namespaces',
      metadataOnly: true,
      project: ({ metadata }) => metadata.labels ?? {},
      onChange: (change) => {
        if (change.kind !== 'updated' || JSON.stringify(change.previous) !== JSON.stringify(change.object)) {
          onChange(change.key)
        }
      },
      onFault,
    })
  }

  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** Labels of a namespace; undefined for one that is not known. */
  of(namespace: string): Labels | undefined {
    return this.#reflector.get(namespace)
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
  }
}
