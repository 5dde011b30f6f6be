import { stat } from 'node:fs/promises'
import { type Clock, type ClockTimer, ReferenceIndex } from '@ack-secret-manager/core'

/** Options of a {@link FilesWatch}. */
export interface FilesWatchOptions {
  /** The file appeared, changed or went, or is looked at for the first time. Enqueue and return. */
  readonly onChange: (owners: readonly string[], path: string) => void
  /** Groups of owners have their files looked at in turn, however many another one has. */
  readonly groupOf: (owner: string) => string
  readonly clock: Clock
  /** @default 5_000 */
  readonly pollMs?: number
}

/** Most files that one poll looks at; where there are more, each waits for its group's turn and its own. */
const MAX_PER_POLL = 200

/**
 * Notices when files change that others refer to by path. It asks for them every few seconds: the kubelet replaces projected
 * files by turning a link, which the events of a file system do not tell reliably.
 */
export class FilesWatch {
  readonly #options: FilesWatchOptions
  readonly #pollMs: number
  readonly #references = new ReferenceIndex()
  /** How each file was last seen. */
  readonly #marks = new Map<string, string>()
  /** All files; the one looked at last comes last. */
  readonly #line = new Set<string>()
  #timer: ClockTimer | undefined
  #polling: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: FilesWatchOptions) {
    this.#options = options
    this.#pollMs = options.pollMs ?? 5_000
  }

  /** Replaces all that `owner` refers to. */
  refer(owner: string, paths: readonly string[]): void {
    if (this.#isClosed) return
    const { added, removed } = this.#references.set(owner, paths)
    for (const path of removed) {
      this.#marks.delete(path)
      this.#line.delete(path)
    }
    for (const path of added) this.#line.add(path)
    if (added.length > 0) this.#wait()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#polling
  }

  #wait(): void {
    if (this.#isClosed || this.#references.size === 0) return
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#polling = this.#poll()
    }, this.#pollMs)
  }

  async #poll(): Promise<void> {
    const paths = this.#nextPaths()
    for (const path of paths) if (this.#line.delete(path)) this.#line.add(path)
    await Promise.all([...paths].map((path) => this.#look(path)))
    this.#timer = undefined
    this.#wait()
  }

  /** One of each group in turn; of a group, and of groups, those first whose last look is longest ago. */
  #nextPaths(): ReadonlySet<string> {
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
    for (const path of this.#line) {
      for (const owner of this.#references.ownersOf(path)) {
        const group = this.#options.groupOf(owner)
        const paths = groups.get(group) ?? new Set()
        groups.set(group, paths.add(path))
      }
    }
    return groups
  }

  async #look(path: string): Promise<void> {
    const mark = await markOf(path)
    const owners = this.#references.ownersOf(path)
    if (this.#isClosed || owners.length === 0 || this.#marks.get(path) === mark) return
    this.#marks.set(path, mark)
    this.#options.onChange(owners, path)
  }
}

/** Differs for files that differ, links followed; never rejects. */
async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs].join()
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
  }
}
