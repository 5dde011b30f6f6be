import {
  type BatchLimits,
  type Clock,
  type ReadResult,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { checkedError } from './check-error.ts'
import { checkedValue } from './check-result.ts'

export interface GuardBatchesOptions {
  /** Name of the backend package. */
  readonly name: string
  readonly readTimeoutMs: number
  readonly clock: Clock
}

type BatchReads = Pick<SecretBackend, 'batch' | 'readMany'>

/** Limits the plaintext in one response. */
const MAX_REFS = 100

/**
 * Enforces the contract of batch reads. Each entry is checked as a single read is; a response with another number of entries says nothing
 * about any of them. @throws SecretSyncError `InvalidSpec` for limits without reads, reads without limits, or limits that are none
 */
export function guardBatches(backend: SecretBackend, options: GuardBatchesOptions): BatchReads {
  if (backend.readMany === undefined && backend.batch === undefined) return {}
  if (typeof backend.readMany !== 'function' || !isLimits(backend.batch)) {
    throw new SecretSyncError(
      'InvalidSpec',
      `the backend ${options.name} has wrong limits of batches: readMany needs batch.maxRefs, an integer above 1, and batch.keyOf`,
    )
  }
  const { batch } = backend
  return {
    batch: { maxRefs: Math.min(batch.maxRefs, MAX_REFS), keyOf: (ref) => keyOf(batch, ref) },
    readMany: (refs, { signal }) => readMany(backend, refs, { ...options, signal }),
  }
}

async function readMany(
  backend: SecretBackend,
  refs: readonly SecretRef[],
  { name, readTimeoutMs, signal, clock }: GuardBatchesOptions & { readonly signal: AbortSignal },
): Promise<ReadonlyArray<ReadResult | undefined>> {
  const what = `${refs.length} secrets of the backend ${name}`
  try {
    const results: unknown = await withDeadline(async (stop) => backend.readMany?.(refs, { signal: stop }), {
      timeoutMs: readTimeoutMs,
      what,
      signal,
      clock,
    })
    if (!Array.isArray(results) || results.length !== refs.length) {
      throw new SecretSyncError('InvalidResponse', `${what}: the backend returned no entry for each secret`)
    }
    return refs.map((ref, index) =>
      checkedResult(results[index], `secret ${JSON.stringify(ref.name)} of the backend ${name}`),
    )
  } catch (error) {
    throw checkedError(error, what)
  }
}

function checkedResult(result: Partial<ReadResult> | null | undefined, what: string): ReadResult | undefined {
  if (result === undefined || result === null) return undefined
  try {
    if (result.value !== undefined) return { value: checkedValue(result.value, what) }
    if (result.error !== undefined) return { error: checkedError(result.error, what) }
  } catch (error) {
    return { error: checkedError(error, what) }
  }
  return { error: new SecretSyncError('InvalidResponse', `${what}: the backend returned neither value nor error`) }
}

/** A ref without a valid key is read alone. */
function keyOf(batch: BatchLimits, ref: SecretRef): string | undefined {
  try {
    const key: unknown = batch.keyOf(ref)
    return typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}

function isLimits(batch: Partial<BatchLimits> | undefined): batch is BatchLimits {
  return Number.isInteger(batch?.maxRefs) && (batch?.maxRefs ?? 0) > 1 && typeof batch?.keyOf === 'function'
}
