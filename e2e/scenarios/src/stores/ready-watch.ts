import { KubeClient, type KubeObject, type ObjectChange, Reflector } from '@ack-secret-manager/k8s-client'
import { resourcesPath } from '@ack-secret-manager/resources'
import type { TestNamespace, KubeSecret, ReadyCondition } from '@ack-secret-manager/testenv'

/** A period in which an ExternalSecret was not Ready after it had been Ready. */
export interface Absence {
  readonly name: string
  readonly reason: string
  readonly durationMs: number
}

interface Seen {
  readonly name: string
  readonly status: string | undefined
  readonly reason: string
}

/** Watches every change of ExternalSecrets and Secrets in a namespace. */
export class ReadyWatch implements AsyncDisposable {
  readonly absences: Absence[] = []
  /** All states of a Secret, oldest first. */
  readonly secrets = new Map<string, Array<Readonly<Record<string, string>> | undefined>>()
  readonly #client: KubeClient
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>
  readonly #synced: Promise<unknown>
  readonly #ready = new Set<string>()
  readonly #left = new Map<string, { readonly sinceMs: number; reason: string }>()

  private constructor(client: KubeClient, namespace: string) {
    this.#client = client
    const common = { client, namespaces: [namespace] }
    const resources = new Reflector<Seen>({
      ...common,
      path: resourcesPath('ExternalSecret'),
      project: seenOf,
      onChange: (change) => this.#onResource(change),
    })
    const secrets = new Reflector<{ name: string; data: Readonly<Record<string, string>> }>({
      ...common,
      path: '/api/v1/secrets',
      project: (raw) => ({
        name: raw.metadata.name ?? '',
        data: (raw as KubeObject & Pick<KubeSecret, 'data'>).data ?? {},
      }),
      onChange: (change) => {
        const { name } = change.kind === 'deleted' ? change.previous : change.object
        const states = this.secrets.get(name) ?? []
        this.secrets.set(name, [...states, change.kind === 'deleted' ? undefined : change.object.data])
      },
    })
    const { signal } = this.#stop
    this.#running = Promise.all([resources.run({ signal }), secrets.run({ signal })])
    this.#synced = Promise.all([resources.synced, secrets.synced])
  }

  /** Resolves after the initial lists. */
  static async start({ kubeconfigPath, namespace }: TestNamespace): Promise<ReadyWatch> {
    const watch = new ReadyWatch(await KubeClient.fromKubeConfig({ kubeconfigPath }), namespace)
    await watch.#synced
    return watch
  }

  /** Number of Ready ExternalSecrets. */
  get ready(): number {
    return this.#ready.size
  }

  /** ExternalSecrets that were Ready and are not any more, with the reason. */
  get missing(): readonly string[] {
    return [...this.#left].map(([name, { reason }]) => `${name}: ${reason}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#client.close()
  }

  #onResource(change: ObjectChange<Seen>): void {
    const { name, status, reason } =
      change.kind === 'deleted' ? { ...change.previous, status: 'Deleted', reason: 'Deleted' } : change.object
    const left = this.#left.get(name)
    if (status === 'True') {
      this.#ready.add(name)
      this.#left.delete(name)
      if (left) this.absences.push({ name, reason: left.reason, durationMs: performance.now() - left.sinceMs })
    } else if (this.#ready.delete(name)) this.#left.set(name, { sinceMs: performance.now(), reason })
    else if (left) left.reason = reason
  }
}

function seenOf(raw: KubeObject & { readonly status?: { readonly conditions?: readonly ReadyCondition[] } }): Seen {
  const [ready] = raw.status?.conditions ?? []
  return { name: raw.metadata.name ?? '', status: ready?.status, reason: ready?.reason ?? 'none' }
}
