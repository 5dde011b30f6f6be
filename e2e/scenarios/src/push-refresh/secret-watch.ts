import { KubeClient, type KubeObject, Reflector } from '@ack-secret-manager/k8s-client'
import { type KubeSecret, type TestNamespace, textsOf } from '@ack-secret-manager/testenv'

/** When the Secrets of a namespace received which text of a key. */
export class SecretWatch implements AsyncDisposable {
  readonly #client: KubeClient
  readonly #stop = new AbortController()
  readonly #seenMs = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()
  readonly #running: Promise<void>

  private constructor(client: KubeClient, reflector: Reflector<KubeObject>) {
    this.#client = client
    this.#running = reflector.run({ signal: this.#stop.signal })
  }

  /** Resolves after the initial list. */
  static async start({ kubeconfigPath, namespace }: TestNamespace, key: string): Promise<SecretWatch> {
    const client = await KubeClient.fromKubeConfig({ kubeconfigPath })
    const reflector: Reflector<KubeObject> = new Reflector<KubeObject>({
      client,
      namespaces: [namespace],
      path: '/api/v1/secrets',
      project: (raw) => raw,
      onChange: (change) => {
        if (change.kind === 'deleted') return
        const text = textsOf(change.object as unknown as KubeSecret)[key]
        if (text !== undefined) watch.#saw(change.object.metadata.name ?? '', text)
      },
    })
    const watch = new SecretWatch(client, reflector)
    await reflector.synced
    return watch
  }

  /** Monotonic milliseconds when the Secret had this text for the first time. */
  async seen(name: string, text: string, deadlineMs: number): Promise<number> {
    const state = `${name}\n${text}`
    if (!this.#seenMs.has(state)) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Secret ${name} did not change in time`)), deadlineMs)
        this.#waiting.set(state, () => resolve(clearTimeout(timer)))
      })
    }
    return this.#seenMs.get(state) ?? Number.NaN
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#client.close()
  }

  #saw(name: string, text: string): void {
    const state = `${name}\n${text}`
    if (this.#seenMs.has(state)) return
    this.#seenMs.set(state, performance.now())
    this.#waiting.get(state)?.()
  }
}
