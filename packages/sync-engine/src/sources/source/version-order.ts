import type { SecretRef, SecretValue } from '@ack-secret-manager/core'

/** Delay of the second read of an older version. A lagging replica of the secret manager has usually caught up by then. */
const CONFIRM_PAUSE_MS = 5_000

/**
 * Distinguishes a rollback by a user from a lagging replica of the secret manager: an older version must be read twice, with a
 * pause in between. Compares only values that this process has read.
 */
export class VersionOrder {
  readonly #isPinned: boolean
  #held: Pick<SecretValue, 'versionId' | 'createdMs'> | undefined
  #unconfirmed: { readonly versionId: string; readonly confirmAtMs: number } | undefined
  #dueMs = Infinity

  constructor({ versionId }: SecretRef) {
    this.#isPinned = versionId !== undefined
  }

  /** When to read the second time; monotonic, Infinity for never. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** Whether the second read is due, once. */
  takeDue(nowMs: number): boolean {
    if (this.#dueMs > nowMs) return false
    this.#dueMs = Infinity
    return true
  }

  /** Whether a read would be too early to confirm an older version. */
  isPausing(nowMs: number): boolean {
    return this.#dueMs > nowMs && this.#dueMs !== Infinity
  }

  /** Records the value of a read. @returns whether it may replace the held one; otherwise it is read again at `dueMs` */
  accept(value: SecretValue, nowMs: number): boolean {
    const unconfirmed = this.#unconfirmed
    const isConfirmed = unconfirmed?.versionId === value.versionId && nowMs >= unconfirmed.confirmAtMs
    if (!isConfirmed && this.#isOlder(value)) {
      this.#unconfirmed =
        unconfirmed?.versionId === value.versionId
          ? unconfirmed
          : { versionId: value.versionId, confirmAtMs: nowMs + CONFIRM_PAUSE_MS }
      this.#dueMs = this.#unconfirmed.confirmAtMs
      return false
    }
    const { versionId, createdMs } = value
    this.#held = createdMs === undefined ? { versionId } : { versionId, createdMs }
    this.#unconfirmed = undefined
    this.#dueMs = Infinity
    return true
  }

  #isOlder({ versionId, createdMs }: SecretValue): boolean {
    const held = this.#held
    if (this.#isPinned || held?.createdMs === undefined || createdMs === undefined) return false
    return versionId !== held.versionId && createdMs < held.createdMs
  }
}
