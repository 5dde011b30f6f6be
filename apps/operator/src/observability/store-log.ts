import { type Clock, reasonOf } from '@ack-secret-manager/core'
import { storeLabel, type StoreState } from '@ack-secret-manager/stores'
import type { Logger } from 'pino'
import type { SecretStoreControllerOptions } from '../controllers/secret-store/secret-store-controller.ts'
import { TroubleLog } from './failure-log.ts'

/** Tells as whom and where a store reads, when that is new, and when it begins and ceases to be of no use. */
export function storeLog(
  log: Logger,
  clock: Pick<Clock, 'monotonic'>,
): NonNullable<SecretStoreControllerOptions['onState']> {
  const troubles = new TroubleLog({ log, clock, kind: { member: 'store', many: 'stores' } })
  const ways = new Map<string, string>()
  return ({ namespace, name }, state) => {
    const store = storeLabel(namespace, name)
    if (!state) {
      troubles.forget(store)
      ways.delete(store)
      return
    }
    if (!state.ready) return troubles.failing(store, reasonOf(state.error.code), state.error.message)
    tellWay(store, state)
    troubles.well(store)
  }

  function tellWay(store: string, { identity, endpoint }: StoreState & { readonly ready: true }): void {
    const way = JSON.stringify([identity, endpoint])
    if (ways.get(store) === way) return
    ways.set(store, way)
    log.info({ store, identity, endpoint }, 'Store ready')
  }
}
