import type { CommandCall } from '@ack-secret-manager/command-line'
import { isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import { keyOf, type OperatorState, operatorWarning, reasonText } from '@ack-secret-manager/resource-view'
import { type KubeSession, withKube } from '../kube/kube-session.ts'
import { readOperatorState } from '../kube/operator-state.ts'
import { type ChangeResult, changeLine, printChanges } from '../kube/print-changes.ts'
import { requiredSelectionOf, SELECTABLE, selectExternalSecrets } from '../kube/select-external-secrets.ts'
import { during, Progress, READING_CLUSTER } from '../output/progress.ts'
import { paintFor } from '../output/style.ts'
import { awaitRefresh } from './await-refresh.ts'
import { namedExternalSecret, type Requested, requestRefresh } from './request-refresh.ts'
import type { REFRESH_FLAGS } from './refresh-flags.ts'
import { type RefreshResult, unhandledText } from './refresh-result.ts'

type Call = CommandCall<typeof REFRESH_FLAGS>

/** `acksm refresh` */
export async function runRefresh(call: Call): Promise<number> {
  const { flags, io } = call
  const selection = requiredSelectionOf(call, { verb: 'refresh', choices: `${SELECTABLE}; or all of them (-A)` })
  const startedMs = systemClock.monotonic()
  return withKube({ flags, io, timeoutMs: flags.timeout }, async (session) => {
    const { reader, log, namespace } = session
    // Everything is read before a request is made: after it, only the wait can reach the deadline.
    const [selected, operator] = await during(
      io,
      () => READING_CLUSTER,
      Promise.all([
        selectExternalSecrets(reader, selection, namespace),
        readOperatorState(reader, systemClock.now(), flags['operator-namespace']),
      ]),
    )
    if (selected.length === 0) log.info('no ExternalSecret matches; nothing to refresh')
    const value = new Date(systemClock.now()).toISOString()
    const requesting = requestRefresh(reader, selected, value)
    const { requested, results } = await during(io, () => `requesting ${selected.length} refreshes …`, requesting)
    const warning = operatorWarning(operator)
    if (requested.length > 0 && warning !== undefined) {
      const next = operator.state === 'stopped' ? '; the next one that starts will handle the request' : ''
      log.warn(`${warning}${next}`)
    }
    if (!flags.wait) {
      const done = requested.map((each): ChangeResult => ({
        ...namedExternalSecret(each),
        result: 'done',
        message: 'refresh requested',
      }))
      return printChanges([...done, ...results], flags.output, io)
    }
    const timeoutMs = Math.max(0, Math.ceil(flags.timeout - (systemClock.monotonic() - startedMs)))
    return wait(call, session, { requested, results, value, timeoutMs, operator })
  })
}

interface Wait extends Requested {
  readonly value: string
  readonly timeoutMs: number
  readonly operator: OperatorState
}

/** Waits for the operator. Prints each result when it is there; with JSON one document at the end. */
async function wait(
  { flags, io }: Call,
  { reader }: KubeSession,
  { requested, results, ...rest }: Wait,
): Promise<number> {
  const { value, timeoutMs, operator } = rest
  const paint = paintFor(io)
  const done: ChangeResult[] = []
  const report = (result: ChangeResult): void => {
    done.push(result)
    if (flags.output === 'human') {
      progress.hide()
      io.stdout.write(`${changeLine(result, paint)}\n`)
    }
  }
  const byKey = new Map(requested.map((each) => [keyOf(each), each]))
  const progress = new Progress(
    io,
    systemClock,
    () => `${done.length - results.length} of ${requested.length} refreshed`,
  )
  try {
    for (const result of results) report(result)
    const finish = (key: string, outcome: Pick<ChangeResult, 'result' | 'message'>): void => {
      const resource = byKey.get(key)
      if (resource && byKey.delete(key)) report({ ...namedExternalSecret(resource), ...outcome })
    }
    const onResult = (key: string, result: RefreshResult | 'deleted'): void => finish(key, handledChange(result))
    const hint = operator.state === 'running' ? '' : `operator: ${operator.detail}`
    try {
      const waiting = await awaitRefresh(reader, { resources: requested, value, timeoutMs, onResult })
      if (io.signal.aborted) return 130
      for (const [key, result] of waiting) {
        finish(key, { result: 'failed', message: unhandledText(result, flags.timeout, hint) })
      }
    } catch (error) {
      if (!isSecretSyncError(error) || io.signal.aborted) throw error
      // Such as a token that has expired. The request is made nevertheless.
      const message = `refresh requested, result unknown: ${error.message}`
      for (const key of byKey.keys()) finish(key, { result: 'failed', message })
    }
  } finally {
    progress.end()
  }
  if (flags.output === 'json') return printChanges(done, 'json', io)
  return done.some(({ result }) => result !== 'done') ? 1 : 0
}

function handledChange(result: RefreshResult | 'deleted'): Pick<ChangeResult, 'result' | 'message'> {
  if (result === 'deleted') return { result: 'failed', message: 'was deleted' }
  const { ready, reason, message } = result
  if (ready) return { result: 'done', message: `refreshed, ${message}` }
  return { result: 'failed', message: reasonText(reason, message) }
}
