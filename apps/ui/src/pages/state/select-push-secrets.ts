import type { PushSecretRow } from '../../model/views/index.ts'

const RANK = { failing: 0, degraded: 1, pending: 2, ready: 3 } as const

/** The worst first. */
export function rankOfPushSecret({ state }: PushSecretRow): number {
  return RANK[state]
}

/** PushSecrets that write through a store, or have done so, the worst first. Pure. */
export function pushSecretsOf(rows: Iterable<PushSecretRow>, store: string): readonly PushSecretRow[] {
  return [...rows]
    .filter(({ stores }) => stores.includes(store))
    .sort((one, other) => rankOfPushSecret(one) - rankOfPushSecret(other) || (one.id < other.id ? -1 : 1))
}
