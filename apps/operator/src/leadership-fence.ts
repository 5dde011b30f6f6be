import type { LeaseElector, WriteFence } from '@ack-secret-manager/k8s-client'

/**
 * Blocks writes while leadership is not confirmed. A standby, which has never led, is not blocked, because it creates ServiceAccount
 * tokens and the digest key.
 */
export class LeadershipFence implements WriteFence {
  #elector: Pick<LeaseElector, 'isConfirmed' | 'confirmed'> | undefined

  /** Makes writes depend on the confirmation of leadership. */
  enforce(elector: Pick<LeaseElector, 'isConfirmed' | 'confirmed'>): void {
    this.#elector = elector
  }

  get isOpen(): boolean {
    return this.#elector?.isConfirmed ?? true
  }

  async opened(signal: AbortSignal): Promise<void> {
    await this.#elector?.confirmed(signal)
  }
}
