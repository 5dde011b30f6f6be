import { inNamespace, type KubeClient, type KubeObject, Reflector } from '@ack-secret-manager/k8s-client'
import { isNameOfMany } from '@ack-secret-manager/testenv'
import type { Reached } from '../record/comparison.ts'

/** Value of a Secret: the revision of its document, or -1 if a key is missing. */
const INCOMPLETE = -1

/** Watches the values of all Secrets, whichever operator writes them. */
export class SecretValues implements AsyncDisposable {
  readonly #expected: number
  readonly #stop = new AbortController()
  readonly #revisions = new Map<string, number>()
  /** Wall-clock milliseconds of the first Secret in a revision, by name. */
  readonly #atMs = new Map<number, Map<string, number>>()
  readonly #damaged = new Set<string>()
  #running: Promise<void> = Promise.resolve()
  #onChange: () => void = () => undefined

  private constructor(expected: number) {
    this.#expected = expected
  }

  /** Resolves when the watch is open. */
  static async open(client: KubeClient, namespace: string, expected: number): Promise<SecretValues> {
    const values = new SecretValues(expected)
    const reflector = new Reflector<number>({
      client,
      path: inNamespace('/api/v1/secrets', namespace),
      project: revisionOf,
      onChange: (change) => {
        const revision = change.kind === 'deleted' ? INCOMPLETE : change.object
        values.#onRevision(change.key.slice(change.key.lastIndexOf('/') + 1), revision)
      },
    })
    values.#running = reflector.run({ signal: values.#stop.signal })
    await reflector.synced
    return values
  }

  /** Waits until all Secrets have the values of a revision, the deadline passes, or the watch is closed. */
  async reach(revision: number, sinceMs: number, deadlineMs: number): Promise<Reached> {
    const count = (): number => this.#atMs.get(revision)?.size ?? 0
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs)
      this.#onChange = () => {
        if (count() < this.#expected && !this.#stop.signal.aborted) return
        clearTimeout(timer)
        resolve()
      }
      this.#onChange()
    })
    return reachedOf([...(this.#atMs.get(revision)?.values() ?? [])], sinceMs, this.#expected)
  }

  /** Number of Secrets that lost a key or were deleted since the last call. */
  takeDamaged(): number {
    const { size } = this.#damaged
    this.#damaged.clear()
    return size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#onChange()
    await this.#running
  }

  #onRevision(name: string, revision: number): void {
    if (!isNameOfMany(name)) return
    if (revision === INCOMPLETE && this.#revisions.get(name) !== undefined) this.#damaged.add(name)
    this.#revisions.set(name, revision)
    const times = this.#atMs.get(revision) ?? new Map<string, number>()
    this.#atMs.set(revision, times)
    if (!times.has(name)) times.set(name, Date.now())
    this.#onChange()
  }
}

/** Times of a change, from those of each Secret. */
export function reachedOf(atMs: readonly number[], sinceMs: number, of: number): Reached {
  const seconds = atMs.map((time) => (time - sinceMs) / 1_000).sort((a, b) => a - b)
  return {
    seconds: seconds.at(-1) ?? 0,
    medianSeconds: seconds[Math.ceil(seconds.length / 2) - 1] ?? 0,
    done: seconds.length,
    of,
  }
}

/** The revision of both keys of a Secret, which differ in their other parts. */
export function revisionOf(secret: KubeObject): number {
  const { username, password } = (secret['data'] ?? {}) as Record<string, string | undefined>
  const text = Buffer.from(password ?? '', 'base64').toString()
  const revision = /-revision-(\d+)-/.exec(text)?.[1]
  return revision === undefined || !username ? INCOMPLETE : Number(revision)
}
