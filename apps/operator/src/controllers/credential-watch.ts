import { type KubeClient, Reflector, type ReflectorFault } from '@ack-secret-manager/k8s-client'

/** Each is a connection that stays open; Secrets beyond are only looked at when their store is. */
const MAX_WATCHES = 128

/** Names a Secret that holds a credential. */
export interface CredentialSecret {
  readonly namespace: string
  readonly name: string
}

/** Options of a {@link CredentialWatch}. */
export interface CredentialWatchOptions {
  readonly client: KubeClient
  /** The Secret appeared, changed or went. */
  readonly onChange: (secret: CredentialSecret) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/**
 * Notices at once when a credential changes. One watch for each Secret, by name and of its metadata alone: no right to watch
 * all Secrets is used, and no value is seen.
 */
export class CredentialWatch {
  readonly #options: CredentialWatchOptions
  readonly #watches = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>()

  #isComplete = true

  constructor(options: CredentialWatchOptions) {
    this.#options = options
  }

  /** Every credential is watched. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Watches exactly these from now on, or as many of them as there may be. */
  watch(secrets: readonly CredentialSecret[]): void {
    const wanted = new Map(secrets.map((secret) => [`${secret.namespace}/${secret.name}`, secret]))
    for (const [key, { stop }] of this.#watches) {
      if (wanted.has(key)) continue
      stop.abort()
      this.#watches.delete(key)
    }
    for (const [key, secret] of wanted) {
      if (!this.#watches.has(key) && this.#watches.size < MAX_WATCHES) this.#start(key, secret)
    }
    this.#isComplete = this.#watches.size === wanted.size
  }

  async close(): Promise<void> {
    const watches = [...this.#watches.values()]
    this.#watches.clear()
    for (const { stop } of watches) stop.abort()
    await Promise.all(watches.map(({ done }) => done))
  }

  #start(key: string, { namespace, name }: CredentialSecret): void {
    const { client, onChange, onFault } = this.#options
    const stop = new AbortController()
    const reflector = new Reflector<string>({
      client,
      path: '/api/v1/secrets',
      namespaces: [namespace],
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      project: ({ metadata }) => metadata.resourceVersion ?? '',
      // The first look counts too: the Secret may have changed since it was read.
      onChange: () => onChange({ namespace, name }),
      onFault,
    })
    this.#watches.set(key, { stop, done: reflector.run({ signal: stop.signal }) })
  }
}
