import { stat } from 'node:fs/promises'
import { type Clock, type ClockTimer, ReferenceIndex } from '@ack-secret-manager/core'

export interface FileWatchOptions {
  /** The file was created, changed, deleted, or checked for the first time. Must enqueue and return. */
  readonly onChange: (owners: readonly string[], path: string) => void
  /** Group of an owner. Groups take turns, so one with many files does not delay the others. */
  readonly groupOf: (owner: string) => string
  readonly clock: Clock
  /** @default 5_000 */
  readonly pollMs?: number
}

/** Files checked per poll; beyond that, groups and their files take turns. */
const MAX_PER_POLL = 200

/**
 * Watches files by polling. The kubelet updates projected files by swapping a symlink, which file system events do not report
 * reliably.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  readonly #pollMs: number
  readonly #references = new ReferenceIndex()
  /** Last known state of each file. */
  readonly #fingerprints = new Map<string, string>()
  /** All files, least recently checked first. */
  readonly #checkOrder = new Set<string>()
  #timer: ClockTimer | undefined
  #polling: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: FileWatchOptions) {
    this.#options = options
    this.#pollMs = options.pollMs ?? 5_000
  }

  /** Replaces the files of an owner. */
  refer(owner: string, paths: readonly string[]): void {
    if (this.#isClosed) return
    const { added, removed } = this.#references.set(owner, paths)
    for (const path of removed) {
      this.#fingerprints.delete(path)
      this.#checkOrder.delete(path)
    }
    for (const path of added) this.#checkOrder.add(path)
    if (added.length > 0) this.#schedulePoll()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#polling
  }

  #schedulePoll(): void {
    if (this.#isClosed || this.#references.size === 0) return
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#polling = this.#poll()
    }, this.#pollMs)
  }

  async #poll(): Promise<void> {
    const paths = this.#nextBatch()
    for (const path of paths) if (this.#checkOrder.delete(path)) this.#checkOrder.add(path)
    await Promise.all([...paths].map((path) => this.#check(path)))
    this.#timer = undefined
    this.#schedulePoll()
  }

  /** Takes one file of each group in turn, least recently checked first. */
  #nextBatch(): ReadonlySet<string> {
    const groups = new Map<string, Iterator<string>>()
    for (const [group, paths] of this.#pathsByGroup()) groups.set(group, paths.values())
    const next = new Set<string>()
    while (groups.size > 0) {
      for (const [group, paths] of groups) {
        const { value, done } = paths.next()
        if (done === true) groups.delete(group)
        else next.add(value)
        if (next.size === MAX_PER_POLL) return next
      }
    }
    return next
  }

  #pathsByGroup(): ReadonlyMap<string, Set<string>> {
    const groups = new Map<string, Set<string>>()
    for (const path of this.#checkOrder) {
      for (const owner of this.#references.ownersOf(path)) {
        const group = this.#options.groupOf(owner)
        const paths = groups.get(group) ?? new Set()
        groups.set(group, paths.add(path))
      }
    }
    return groups
  }

  async #check(path: string): Promise<void> {
    const fingerprint = await fingerprintOf(path)
    const owners = this.#references.ownersOf(path)
    if (this.#isClosed || owners.length === 0 || this.#fingerprints.get(path) === fingerprint) return
    this.#fingerprints.set(path, fingerprint)
    this.#options.onChange(owners, path)
  }
}

/** Identifies the state of a file, following symlinks. Never rejects. */
async function fingerprintOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs].join()
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
  }
}
