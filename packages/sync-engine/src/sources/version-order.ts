import type { SecretRef, SecretValue } from '@ack-secret-manager/core'

/** Until an older version is read a second time: a replica that lags has mostly caught up by then. */
const CONFIRM_PAUSE_MS = 5_000

/**
 * Tells a version that a user has rolled back to from one that a lagging replica of the manager still gives: it has to be read
 * twice, with a pause in between. Only compares what this process has read.
 */
export class VersionOrder {
  readonly #isPinned: boolean
  #held: Pick<SecretValue, 'versionId' | 'createdMs'> | undefined
  #doubted: { readonly versionId: string; readonly confirmAtMs: number } | undefined
  /** When to read the second time; monotonic, Infinity for never. */
  dueMs = Infinity

  constructor({ versionId }: SecretRef) {
    this.#isPinned = versionId !== undefined
  }

  /** Whether a read would come too soon to confirm an older version. */
  isPausing(nowMs: number): boolean {
    return this.dueMs > nowMs && this.dueMs !== Infinity
  }

  /** Records the value of a read. @returns whether it may replace the held one; otherwise it is read again at `dueMs` */
  accept(value: SecretValue, nowMs: number): boolean {
    const doubted = this.#doubted
    const isConfirmed = doubted?.versionId === value.versionId && nowMs >= doubted.confirmAtMs
    if (!isConfirmed && this.#isOlder(value)) {
      this.#doubted =
        doubted?.versionId === value.versionId
          ? doubted
          : { versionId: value.versionId, confirmAtMs: nowMs + CONFIRM_PAUSE_MS }
      this.dueMs = this.#doubted.confirmAtMs
      return false
    }
    const { versionId, createdMs } = value
    this.#held = createdMs === undefined ? { versionId } : { versionId, createdMs }
    this.#doubted = undefined
    this.dueMs = Infinity
    return true
  }

  #isOlder({ versionId, createdMs }: SecretValue): boolean {
    const held = this.#held
    if (this.#isPinned || held?.createdMs === undefined || createdMs === undefined) return false
    return versionId !== held.versionId && createdMs < held.createdMs
  }
}
