import type { CommandIo } from '@ack-secret-manager/command-line'
import { type Clock, nameText, type SecretSyncError } from '@ack-secret-manager/core'
import { hasWritten, type ResourceKey, type SyncObserver, type SyncOutcome } from '@ack-secret-manager/sync-engine'
import { printable } from '../output/printable.ts'
import { failedResult, lineOf, type ResourceResult, resultOf } from './resource-result.ts'
import { jsonText } from '../output/json-text.ts'

/** Options of a {@link ChangeReporter}. */
export interface ChangeReporterOptions {
  readonly io: Pick<CommandIo, 'stdout'>
  readonly output: 'human' | 'json'
  readonly clock: Clock
}

/** Prints a line for each write, and for each change of readiness, of `sync --watch`. */
export class ChangeReporter implements SyncObserver {
  readonly #options: ChangeReporterOptions
  readonly #last = new Map<ResourceKey, string>()
  #started = false

  constructor(options: ChangeReporterOptions) {
    this.#options = options
  }

  /** Starts printing changes. `results` were printed already. */
  begin(results: readonly ResourceResult[]): void {
    for (const result of results) this.#last.set(`${result.namespace}/${result.name}`, stateOf(result))
    this.#started = true
  }

  synced(key: ResourceKey, outcome: SyncOutcome): void {
    const sources = hasWritten(outcome) ? outcome.sources : undefined
    const versions = sources?.map(({ secret, versionId }) => `${nameText(secret)} ${nameText(versionId)}`)
    this.#report(key, resultOf(key, outcome, 'young'), versions && `written: ${versions.join(', ')}`)
  }

  failed(key: ResourceKey, error: SecretSyncError): void {
    this.#report(key, failedResult(key, error), undefined)
  }

  #report(key: ResourceKey, result: ResourceResult, written: string | undefined): void {
    if (!this.#started) return
    const state = stateOf(result)
    const isChanged = this.#last.get(key) !== state
    this.#last.set(key, state)
    if (written === undefined && !isChanged) return
    const { io, output, clock } = this.#options
    const time = new Date(clock.now()).toISOString()
    if (output === 'json') {
      io.stdout.write(jsonText({ time, ...result, written: written !== undefined }))
      return
    }
    const what = result.ready ? (written ?? result.message) : lineOf(result)
    io.stdout.write(`${printable(`${time} ${key} ${what}`)}\n`)
  }
}

/** State whose change is printed. */
function stateOf({ ready, reason, message }: ResourceResult): string {
  return ready ? 'ready' : `${reason}: ${message}`
}
