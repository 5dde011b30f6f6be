import { inNamespace, type KubeClient, type KubeObject, Reflector } from '@ack-secret-manager/k8s-client'
import { UnfinishedRunError } from '../unfinished-run-error.ts'

/** Until the last change counts as lost. With 50,000 resources on two cores it takes a third of this time. */
const DEADLINE_MS = 1_800_000

/** Waits with a watch until `expected` objects have changed. */
export interface Seen extends AsyncDisposable {
  /** Wall-clock milliseconds of the first change, by name. */
  readonly atMs: ReadonlyMap<string, number>
  /** Objects that changed again. */
  readonly again: ReadonlySet<string>
  /** Resolves with the time of the last change when all have changed. @throws UnfinishedRunError after `deadlineMs`, by default 30 minutes */
  all(deadlineMs?: number): Promise<number>
}

/** Watches ExternalSecrets become Ready. Resolves when the watch is open. */
export async function watchReady(client: KubeClient, namespace: string, expected: number): Promise<Seen> {
  const seen = new Sightings('ExternalSecrets are Ready', expected)
  const reflector = new Reflector<boolean>({
    client,
    path: inNamespace('/apis/alibabacloud.com/v1alpha1/externalsecrets', namespace),
    project: isReady,
    onChange: (change) => {
      if (change.kind === 'updated' && change.object && !change.previous) seen.add(change.key)
    },
  })
  return seen.by(reflector)
}

/** Watches the operator create or update its Secrets, by metadata. Resolves when the watch is open. */
export async function watchWrites(
  client: KubeClient,
  namespace: string,
  expected: number,
  kind: 'added' | 'updated' = 'updated',
): Promise<Seen> {
  const seen = new Sightings('Secrets are written', expected)
  const reflector = new Reflector<undefined>({
    client,
    path: inNamespace('/api/v1/secrets', namespace),
    labelSelector: 'alibabacloud.com/managed-by=ack-secret-manager',
    metadataOnly: true,
    project: () => undefined,
    onChange: (change) => {
      if (change.kind === kind) seen.add(change.key)
    },
  })
  return seen.by(reflector)
}

class Sightings implements Seen {
  readonly atMs = new Map<string, number>()
  readonly again = new Set<string>()
  readonly #what: string
  readonly #expected: number
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #onAll: () => void = () => undefined

  constructor(what: string, expected: number) {
    this.#what = what
    this.#expected = expected
  }

  add(key: string): void {
    if (this.atMs.has(key)) this.again.add(key)
    else this.atMs.set(key, Date.now())
    if (this.atMs.size === this.#expected) this.#onAll()
  }

  async by(reflector: Pick<Reflector<never>, 'run' | 'synced'>): Promise<this> {
    this.#running = reflector.run({ signal: this.#stop.signal })
    await reflector.synced
    return this
  }

  async all(deadlineMs = DEADLINE_MS): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const late = (): void =>
        reject(
          new UnfinishedRunError(`${this.atMs.size} of ${this.#expected} ${this.#what} after ${deadlineMs / 1_000} s`),
        )
      const timer = setTimeout(late, deadlineMs)
      this.#onAll = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.atMs.size >= this.#expected) this.#onAll()
    })
    return Math.max(...this.atMs.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

function isReady(object: KubeObject): boolean {
  const { conditions = [] } = (object['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
