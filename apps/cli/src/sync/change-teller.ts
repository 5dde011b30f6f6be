import { type Clock, nameText, type SecretSyncError } from '@ack-secret-manager/core'
import { hasWritten, type ResourceKey, type SyncObserver, type SyncOutcome } from '@ack-secret-manager/sync-engine'
import type { CommandIo } from '../command-io.ts'
import { printable } from '../output/printable.ts'
import { failedResult, lineOf, type ResourceResult, resultOf } from './resource-result.ts'

/** Options of a {@link ChangeTeller}. */
export interface ChangeTellerOptions {
  readonly io: CommandIo
  readonly output: 'human' | 'json'
  readonly clock: Clock
}

/** Prints a line for each change that `sync --watch` sees: something was written, or a resource is ready no more, or again. */
export class ChangeTeller implements SyncObserver {
  readonly #options: ChangeTellerOptions
  readonly #last = new Map<ResourceKey, string>()
  #begun = false

  constructor(options: ChangeTellerOptions) {
    this.#options = options
  }

  /** From now on it prints; this is what people know by now. */
  begin(results: readonly ResourceResult[]): void {
    for (const result of results) this.#last.set(`${result.namespace}/${result.name}`, stateOf(result))
    this.#begun = true
  }

  synced(key: ResourceKey, outcome: SyncOutcome): void {
    const sources = hasWritten(outcome) ? outcome.sources : undefined
    const versions = sources?.map(({ secret, versionId }) => `${nameText(secret)} ${nameText(versionId)}`)
    this.#tell(key, resultOf(key, outcome, 'young'), versions && `written: ${versions.join(', ')}`)
  }

  failed(key: ResourceKey, error: SecretSyncError): void {
    this.#tell(key, failedResult(key, error), undefined)
  }

  #tell(key: ResourceKey, result: ResourceResult, written: string | undefined): void {
    if (!this.#begun) return
    const state = stateOf(result)
    const isNews = this.#last.get(key) !== state
    this.#last.set(key, state)
    if (written === undefined && !isNews) return
    const { io, output, clock } = this.#options
    const time = new Date(clock.now()).toISOString()
    if (output === 'json') {
      io.stdout.write(`${JSON.stringify({ time, ...result, written: written !== undefined })}\n`)
      return
    }
    const what = result.ready ? (written ?? result.message) : lineOf(result)
    io.stdout.write(`${printable(`${time} ${key} ${what}`)}\n`)
  }
}

/** What is worth a line when it changes. */
function stateOf({ ready, reason, message }: ResourceResult): string {
  return ready ? 'ready' : `${reason}: ${message}`
}
