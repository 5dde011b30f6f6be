import type { SimulatorProcess } from '@ack-secret-manager/testenv'
import type { ExpectedState } from '../invariants/expected-state.ts'
import type { LargeAction } from './action.ts'
import { costlyDocuments, costlyObject, LARGE_OBJECTS, largeObject } from './large.ts'
import { type RetryingApi, pathOf } from './retrying-api.ts'

/** Options of {@link LargeTenant}. */
export interface LargeTenantOptions {
  readonly api: RetryingApi
  readonly simulator: Pick<SimulatorProcess, 'control'>
  readonly expectedState: Pick<ExpectedState, 'allowEndOf'>
}

/** Runs actions in the namespace of the large objects. */
export class LargeTenant {
  readonly #options: LargeTenantOptions

  constructor(options: LargeTenantOptions) {
    this.#options = options
  }

  async populate(): Promise<void> {
    await this.do({ kind: 'rotate-costly', state: 0 })
    await this.#options.api.put(costlyObject())
    for (let large = 0; large < LARGE_OBJECTS; large += 1) await this.do({ kind: 'change-large', large, state: 0 })
  }

  async do(action: LargeAction): Promise<void> {
    const { api, simulator } = this.#options
    switch (action.kind) {
      case 'change-large':
        return api.put(largeObject(action.large, action.state))
      case 'delete-large':
        return this.#delete(pathOf(largeObject(action.large, action.state)))
      case 'rotate-costly':
        await simulator.control('PUT', '/secrets', costlyDocuments(action.state))
    }
  }

  async #delete(path: string): Promise<void> {
    const { api, expectedState } = this.#options
    const uid = (await api.find(path))?.metadata.uid
    if (uid === undefined) return
    expectedState.allowEndOf(uid)
    await api.delete(path, { preconditions: { uid } })
  }
}
