import { KubeClient, type KubeObject, Reflector } from '@ack-secret-manager/k8s-client'
import { until } from './manifests.ts'
import type { TestNamespace } from './namespace-objects.ts'

/** All watched states of the objects of one kind in a namespace. */
export class ObjectHistory<T extends KubeObject> implements AsyncDisposable {
  readonly #states = new Map<string, Array<T | undefined>>()
  readonly #client: KubeClient
  readonly #request: TestNamespace['request']
  readonly #collection: string
  readonly #stop = new AbortController()
  readonly #reflector: Reflector<T>
  readonly #running: Promise<void>

  private constructor(client: KubeClient, { request, namespace }: TestNamespace, root: string, plural: string) {
    this.#client = client
    this.#request = request
    this.#collection = `${root}/namespaces/${namespace}/${plural}`
    this.#reflector = new Reflector<T>({
      client,
      namespaces: [namespace],
      path: `${root}/${plural}`,
      project: (raw) => raw as T,
      onChange: (change) => {
        const { name = '' } = (change.kind === 'deleted' ? change.previous : change.object).metadata
        const states = this.#states.get(name) ?? []
        this.#states.set(name, [...states, change.kind === 'deleted' ? undefined : change.object])
      },
    })
    this.#running = this.#reflector.run({ signal: this.#stop.signal })
  }

  /** Watches `plural` of the API at `root`, like `/api/v1`. Resolves after the initial list. */
  static async start<T extends KubeObject>(
    cluster: TestNamespace,
    root: string,
    plural: string,
  ): Promise<ObjectHistory<T>> {
    const client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    const history = new ObjectHistory<T>(client, cluster, root, plural)
    await history.#reflector.synced
    return history
  }

  /** All states of one object up to the current one, oldest first; undefined after a deletion. */
  async of(name: string): Promise<ReadonlyArray<T | undefined>> {
    const before = this.#states.get(name)?.length ?? 0
    const { status, body } = await this.#request<T>('GET', `${this.#collection}/${name}`)
    const now = status === 200 ? body.metadata.resourceVersion : undefined
    return until(`the watch has delivered the current ${name}`, async () => {
      const states = this.#states.get(name) ?? []
      // An absent object may exist again when its deletion is delivered.
      const isGone = states.length === 0 || states.slice(Math.max(0, before - 1)).includes(undefined)
      return (now === undefined ? isGone : states.some((state) => isAt(state, now))) && states
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#client.close()
  }
}

function isAt(state: KubeObject | undefined, resourceVersion: string): boolean {
  return state?.metadata.resourceVersion === resourceVersion
}
