import { type ListedSecret, SecretSyncError } from '@ack-secret-manager/core'

export const DEFAULT_LIST_MEMORY_MIB = 128
const MIB = 1024 * 1024
/** Overhead of the objects, without their characters. Measured for lists of 50,000 secrets. */
const SECRET_BYTES = 100
const TAG_BYTES = 40

/** A list in memory. */
export interface ListHolder {
  /** The namespaces that find secrets in it, with the number of their resources. */
  readonly namespaces: ReadonlyMap<string, number>
}

/** Estimated memory of a listed secret. */
export function bytesOf({ name, tags = {} }: ListedSecret): number {
  return Object.entries(tags).reduce(
    (sum, [key, value]) => sum + key.length + value.length + TAG_BYTES,
    name.length + SECRET_BYTES,
  )
}

/**
 * Limits the memory of all lists together. Each namespace has the same claim: a list that does not fit displaces one whose namespaces have
 * more, and is refused otherwise. A displaced list does not displace back, because it would then be the larger one.
 */
export class ListMemory<Holder extends ListHolder> {
  readonly #maxBytes: number
  readonly #onDrop: (holder: Holder, error: SecretSyncError) => void
  readonly #bytes = new Map<Holder, number>()
  /** The largest size that each list has had, because a list that is being read seems small. */
  readonly #known = new WeakMap<Holder, number>()
  #total = 0

  /** @param onDrop called when a list is dropped, because another list needs its memory */
  constructor(maxMib: number, onDrop: (holder: Holder, error: SecretSyncError) => void) {
    this.#maxBytes = maxMib * MIB
    this.#onDrop = onDrop
  }

  get bytes(): number {
    return this.#total
  }

  /** The list of `holder` has this size now, or so far. @throws SecretSyncError `TooLarge` if it does not fit */
  reserve(holder: Holder, bytes: number): void {
    this.#known.set(holder, Math.max(bytes, this.#known.get(holder) ?? 0))
    const more = bytes - (this.#bytes.get(holder) ?? 0)
    const fits = (): boolean => more <= 0 || this.#total + more <= this.#maxBytes
    while (!fits()) {
      const victim = this.#largerThan(holder)
      if (victim === undefined) throw this.#error(bytes, 'would need')
      const error = this.#error(this.#bytes.get(victim) ?? 0, 'needed')
      this.release(victim)
      this.#onDrop(victim, error)
    }
    this.#bytes.set(holder, bytes)
    this.#total += more
  }

  release(holder: Holder): void {
    this.#total -= this.#bytes.get(holder) ?? 0
    this.#bytes.delete(holder)
  }

  /** A list whose namespaces all use more memory than one namespace of `holder`; if there are several, the one whose namespaces use most. */
  #largerThan(holder: Holder): Holder | undefined {
    const sizes = new Map(this.#bytes).set(holder, this.#known.get(holder) ?? 0)
    const used = new Map<string, number>()
    for (const [{ namespaces }, bytes] of sizes) {
      for (const namespace of namespaces.keys())
        used.set(namespace, (used.get(namespace) ?? 0) + bytes / namespaces.size)
    }
    const claimOf = ({ namespaces }: ListHolder): number =>
      Math.min(Infinity, ...[...namespaces.keys()].map((namespace) => used.get(namespace) ?? 0))
    let largest: Holder | undefined
    let most = claimOf(holder)
    for (const other of this.#bytes.keys()) {
      if (other === holder || claimOf(other) <= most) continue
      largest = other
      most = claimOf(other)
    }
    return largest
  }

  #error(bytes: number, what: string): SecretSyncError {
    const limit = `the lists of all stores may have ${this.#maxBytes / MIB} MiB (--list-memory-mib), of which this one ${what} ${toMib(bytes)}`
    const how = 'let stores share an identity, name the secrets in spec.data, or raise the limit'
    return new SecretSyncError('TooLarge', `listing secrets: ${limit}; ${how}`)
  }
}

function toMib(bytes: number): string {
  return `${Math.max(0.1, bytes / MIB).toFixed(1)} MiB`
}
