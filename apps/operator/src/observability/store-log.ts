import { type Clock, reasonOf } from '@ack-secret-manager/core'
import { storeLabel, type StoreState } from '@ack-secret-manager/stores'
import type { Logger } from 'pino'
import type { SecretStoreControllerOptions } from '../controllers/secret-store/secret-store-controller.ts'
import { FailureLog } from './failure-log.ts'

/** Logs a store's identity and endpoint when they change, and when the store starts or stops failing. */
export function storeLog(
  log: Logger,
  clock: Pick<Clock, 'monotonic'>,
): NonNullable<SecretStoreControllerOptions['onState']> {
  const failures = new FailureLog({ log, clock, kind: { member: 'store', many: 'stores' } })
  const connections = new Map<string, string>()
  return ({ namespace, name }, state) => {
    const store = storeLabel(namespace, name)
    if (!state) {
      failures.forget(store)
      connections.delete(store)
      return
    }
    if (!state.ready) return failures.failing(store, reasonOf(state.error.code), state.error.message)
    logConnection(store, state)
    failures.recovered(store)
  }

  function logConnection(store: string, { identity, endpoint }: StoreState & { readonly ready: true }): void {
    const connection = JSON.stringify([identity, endpoint])
    if (connections.get(store) === connection) return
    connections.set(store, connection)
    log.info({ store, identity, endpoint }, 'Store ready')
  }
}
