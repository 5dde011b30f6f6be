import { type PlanDefaults, usesDefaultInterval } from '../plan/compile.ts'
import type { ResourceKey } from '../model/resource.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import type { SweepPool } from '../sweeps/sweep-pool.ts'
import type { ResourceState } from './resource-state.ts'
import type { HintScope } from '../sources/hint-scope.ts'

type States = ReadonlyMap<ResourceKey, Pick<ResourceState, 'resource'>>

/** Default refresh interval of resources without their own. It can change, for example while hints arrive. */
export class Polling {
  readonly #defaults: { intervalMs: number; readonly disablePolling: boolean }
  readonly #states: States
  readonly #pool: SourcePool
  readonly #sweeps: Pick<SweepPool, 'changeInterval' | 'mayFind'>

  constructor(
    defaults: PlanDefaults | undefined,
    states: States,
    pool: SourcePool,
    sweeps: Pick<SweepPool, 'changeInterval' | 'mayFind'>,
  ) {
    this.#defaults = { intervalMs: 120_000, disablePolling: false, ...defaults }
    this.#states = states
    this.#pool = pool
    this.#sweeps = sweeps
  }

  get defaults(): PlanDefaults {
    return this.#defaults
  }

  /** Whether a resource reads the secret, given by name or ARN. */
  reads(secretName: string, scope?: HintScope): boolean {
    return this.#pool.reads(secretName, scope) || this.#sweeps.mayFind(secretName, scope)
  }

  /** Changes the refresh interval of resources without their own. @param intervalMs positive */
  setDefaultInterval(intervalMs: number): void {
    if (this.#defaults.intervalMs === intervalMs || this.#defaults.disablePolling) return
    this.#defaults.intervalMs = intervalMs
    for (const [key, { resource }] of this.#states) {
      if (!usesDefaultInterval(resource)) continue
      for (const pool of [this.#pool, this.#sweeps]) pool.changeInterval(key, intervalMs)
    }
  }
}
