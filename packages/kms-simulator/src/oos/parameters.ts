import { randomBytes } from 'node:crypto'

/** One version of an encrypted parameter. */
export interface ParameterVersion {
  readonly version: number
  readonly value: string
  readonly updatedAtMs: number
}

/** An encrypted parameter. */
export interface Parameter {
  readonly name: string
  readonly id: string
  readonly createdAtMs: number
  readonly tags: Readonly<Record<string, string>>
  /** Oldest first; never empty. */
  readonly versions: readonly ParameterVersion[]
}

const MAX_VERSIONS = 100

/** All encrypted parameters, by name. */
export class Parameters {
  readonly #parameters = new Map<string, Parameter>()

  get(name: string): Parameter | undefined {
    return this.#parameters.get(name)
  }

  /** By name. */
  list(): readonly Parameter[] {
    return [...this.#parameters.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** Adds a version and keeps the latest 100. Creates a missing parameter. Returns the number of the version. */
  put(change: {
    readonly name: string
    readonly value: string
    readonly version?: number | undefined
    /** @default those that it has */
    readonly tags?: Readonly<Record<string, string>> | undefined
    readonly nowMs: number
  }): number {
    const { name, value, nowMs } = change
    const existing = this.#parameters.get(name)
    const version = change.version ?? (existing?.versions.at(-1)?.version ?? 0) + 1
    const others = existing?.versions.filter((other) => other.version !== version) ?? []
    const versions = [...others, { version, value, updatedAtMs: nowMs }].sort((a, b) => a.version - b.version)
    this.#parameters.set(name, {
      name,
      id: existing?.id ?? `p-${randomBytes(7).toString('hex')}`,
      createdAtMs: existing?.createdAtMs ?? nowMs,
      tags: change.tags ?? existing?.tags ?? {},
      versions: versions.slice(-MAX_VERSIONS),
    })
    return version
  }

  /** False if it does not exist. */
  delete(name: string): boolean {
    return this.#parameters.delete(name)
  }
}
