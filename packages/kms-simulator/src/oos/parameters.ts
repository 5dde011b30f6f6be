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

  /** Adds a version, the 100 latest are kept; makes the parameter when there is none. Returns the version's number. */
  put(change: {
    readonly name: string
    readonly value: string
    readonly version?: number | undefined
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
      versions: versions.slice(-MAX_VERSIONS),
    })
    return version
  }

  /** False when there is none. */
  delete(name: string): boolean {
    return this.#parameters.delete(name)
  }
}
