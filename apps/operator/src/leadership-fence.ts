import type { LeaseElector, WriteFence } from '@ack-secret-manager/k8s-client'

/**
 * Holds back the writes of a process that has led and has not confirmed that it still does. A standby writes what it needs
 * before it leads: tokens of ServiceAccounts and the digest key.
 */
export class LeadershipFence implements WriteFence {
  #elector: Pick<LeaseElector, 'isConfirmed' | 'confirmed'> | undefined

  /** Leadership began: from now on writes need its confirmation. */
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
