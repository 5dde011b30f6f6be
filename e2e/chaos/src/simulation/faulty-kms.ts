import {
  type Clock,
  type ReadErrorCode,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  sleep,
} from '@ack-secret-manager/core'
import type { Random } from '@ack-secret-manager/testenv'
import type { ExpectedState } from '../invariants/expected-state.ts'
import { documentOf, ABSENT_SECRET } from '../workload/values.ts'

const FAULTS = [
  'NotFound',
  'AccessDenied',
  'Unauthenticated',
  'Throttled',
  'Unavailable',
  'InvalidResponse',
  'hang',
] as const
const MAX_LATENCY_MS = 3_000

/** Fault of KMS for the reads of a secret. */
export type KmsFault = Exclude<ReadErrorCode, 'Timeout'> | 'hang'

/** KMS with the values of the expected state, and with faults per secret. */
export class FaultyKms implements SecretBackend {
  reads = 0
  readonly #faults = new Map<string, KmsFault>()
  readonly #expectedState: ExpectedState
  readonly #clock: Clock
  readonly #random: Random
  #isCalm = false

  constructor(parts: { readonly expectedState: ExpectedState; readonly clock: Clock; readonly random: Random }) {
    this.#expectedState = parts.expectedState
    this.#clock = parts.clock
    this.#random = parts.random
  }

  /** Starts a fault of a secret. @returns the fault */
  breakReads(secret: string): KmsFault {
    const fault = this.#random.pick(FAULTS)
    this.#faults.set(secret, fault)
    return fault
  }

  /** Ends the fault of a secret. @returns the fault; undefined if there was none */
  restore(secret: string): KmsFault | undefined {
    const fault = this.#faults.get(secret)
    this.#faults.delete(secret)
    return fault
  }

  /** Removes the latency. */
  calm(): void {
    this.#isCalm = true
  }

  async read({ name }: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    this.reads += 1
    const secret = name.slice('app/'.length)
    // A delayed response has the value from the time of the request.
    const version = this.#expectedState.versionOf(secret)
    const fault = secret === ABSENT_SECRET ? 'NotFound' : this.#faults.get(secret)
    if (!this.#isCalm) {
      const latencyMs = fault === 'hang' ? Infinity : this.#random.int(0, MAX_LATENCY_MS)
      await sleep(latencyMs, { clock: this.#clock, signal })
    }
    if (fault !== undefined && fault !== 'hang') throw new SecretSyncError(fault, `${name}: ${fault}`)
    return {
      bytes: new Sensitive(Buffer.from(documentOf(secret, version))),
      versionId: `v${version}`,
      versionStages: ['ACSCurrent'],
      type: 'Generic',
      dataType: 'text',
    }
  }

  async close(): Promise<void> {}
}
