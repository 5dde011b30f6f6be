import { type Clock, messageWithRequestId, Semaphore, toSecretSyncError, withDeadline } from '@ack-secret-manager/core'
import { isKubeApiError } from '@ack-secret-manager/k8s-client'
import type { Check, CheckResult, Finding } from './check.ts'
import { clockRefusal } from './clock-refusal.ts'
import { withoutConsequences } from './without-consequences.ts'

/** Options of {@link runChecks}. */
export interface RunChecksOptions {
  readonly clock: Clock
  /** Checks that run at once. */
  readonly concurrency: number
  /** Time for all of them. Checks that have not ended by then fail. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Runs checks concurrently. A check starts when the checks that it needs have ended, and is skipped unless they are fine.
 * @returns the results in the order of the checks
 * @throws the reason of the signal when it aborts
 */
export async function runChecks(checks: readonly Check[], options: RunChecksOptions): Promise<readonly CheckResult[]> {
  const { clock, concurrency, timeoutMs, signal } = options
  const deadlineMs = clock.monotonic() + timeoutMs
  const slots = new Semaphore(concurrency)
  const results = new Map<string, Promise<CheckResult>>()
  for (const check of checks) {
    // Only earlier checks are known here, so that there are no cycles.
    const earlier = (id: string): Promise<CheckResult> => {
      const result = results.get(id)
      if (result === undefined) throw new Error(`check ${check.id} needs ${id}, which is not an earlier check`)
      return result
    }
    if (results.has(check.id)) throw new Error(`check ${check.id} is defined twice`)
    results.set(check.id, afterNeeded(check, check.needs.map(earlier), (check.after ?? []).map(earlier)))
  }
  return withoutConsequences(await Promise.all(results.values()))

  async function afterNeeded(
    check: Check,
    needed: readonly Promise<CheckResult>[],
    awaited: readonly Promise<CheckResult>[],
  ): Promise<CheckResult> {
    await Promise.all(awaited)
    const cause = (await Promise.all(needed)).map(blockedBy).find((why) => why !== undefined)
    if (cause !== undefined) {
      const detail = check.unknown === undefined ? cause : `${check.unknown}: ${cause}`
      return { check, findings: [{ status: 'skipped', detail }], durationMs: 0 }
    }
    return slots.run(() => timed(check))
  }

  async function timed(check: Check): Promise<CheckResult> {
    signal.throwIfAborted()
    const startedMs = clock.monotonic()
    const leftMs = Math.max(1, Math.min(check.timeoutMs, deadlineMs - startedMs))
    const findings = await findingsOf(check, leftMs)
    return { check, findings, durationMs: Math.round(clock.monotonic() - startedMs) }
  }

  async function findingsOf(check: Check, leftMs: number): Promise<readonly Finding[]> {
    try {
      const found = await withDeadline(check.run, { timeoutMs: leftMs, what: check.title, signal, clock })
      return Array.isArray(found) ? (found as readonly Finding[]) : [found as Finding]
    } catch (error) {
      signal.throwIfAborted()
      return [
        { status: 'failed', detail: failureText(error, check, leftMs), action: check.action, ...clockRefusal(error) },
      ]
    }
  }
}

function failureText(error: unknown, { title }: Check, leftMs: number): string {
  if (isKubeApiError(error)) return error.message
  const failure = toSecretSyncError(error, title)
  if (failure.code === 'Timeout' && failure.message.startsWith(`${title}: no response`)) {
    return `no result within ${Math.round(leftMs / 100) / 10} s`
  }
  return messageWithRequestId(failure)
}

/** Why checks that need this result are skipped; undefined if it is fine. */
function blockedBy({ check, findings }: CheckResult): string | undefined {
  if (findings.some((each) => each.status === 'failed' && each.blocks !== false)) return `${check.title} failed`
  const [first] = findings
  // The root cause, not the chain that leads to it.
  return first?.status === 'skipped' && findings.every(({ status }) => status === 'skipped') ? first.detail : undefined
}
