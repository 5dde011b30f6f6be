import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { keyOf, labelOf, type StoreName, type StoreState, storeState } from '@ack-secret-manager/resource-view'
import { readyOf, resourcesPath } from '@ack-secret-manager/resources'
import { listed } from '../../output/listed.ts'
import type { Check, Finding } from '../check.ts'
import { groupTroubles, isOverdue, storesFinding, type StoreTrouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll, MAX_OBJECTS } from './kube-reads.ts'

/** What the checks of stores find out, for the check of ExternalSecrets. */
export interface KnownStores {
  /** By label. */
  readonly states: Map<string, StoreState>
  /** By the label of a store that is not Ready or not reachable: the stores with the same problem. */
  readonly broken: Map<string, readonly StoreName[]>
}

const KINDS = [
  ['SecretStore', 'secretstores'],
  ['ClusterSecretStore', 'clustersecretstores'],
] as const

/** Ids of the checks of stores. */
export const STORE_STATUS = KINDS.map(([, plural]) => `kube.${plural}`)

/** Conditions of all stores, by cause. Adds them to `known`. */
export function storeStatusChecks(context: KubeContext, known: KnownStores): readonly Check[] {
  return KINDS.map(([kind, plural]) => ({
    id: `kube.${plural}`,
    section: 'Resources',
    title: `${kind}s`,
    needs: [USER_ACCESS, CRDS],
    timeoutMs: 30_000,
    action: 'Check the API server',
    run: (signal) =>
      ifPermitted(`list ${plural}`, async () => {
        const { client, scope, nowMs } = context
        const { items, isCut } = await listAll<KubeObject>(client, resourcesPath(kind, scope.namespace), signal)
        const findings = storeFindings(kind, items, nowMs(), known)
        return isCut
          ? [...findings, { status: 'skipped', detail: `more than ${MAX_OBJECTS} exist` } as const]
          : findings
      }),
  }))
}

/** Findings of the stores of one kind. Adds the stores to `known`. */
export function storeFindings(
  kind: StoreName['kind'],
  stores: readonly KubeObject[],
  nowMs: number,
  known: KnownStores,
): readonly Finding[] {
  const states = stores.map((store) => storeState(kind, store))
  for (const state of states) known.states.set(labelOf(state), state)
  const troubles = states.flatMap(troublesOf)
  const groups = groupTroubles(troubles, known.states)
  for (const { first, all } of groups.filter(({ first: { condition } }) => isAboutUse(condition))) {
    const same = all.map(({ store }) => store)
    for (const label of same.map(labelOf)) {
      // A store that is neither Ready nor reachable is not Ready.
      if (first.condition === 'Ready' || !known.broken.has(label)) known.broken.set(label, same)
    }
  }
  const silent = states.filter(
    ({ status }, index) => readyOf(status) === undefined && isOverdue(stores[index] ?? { metadata: {} }, nowMs),
  )
  const affected = new Set([...troubles, ...silent].map(keyOf))
  const fine = stores.length - affected.size
  return [
    ...(fine > 0 || stores.length === 0 ? [{ status: 'ok', detail: `${fine} without a problem` } as const] : []),
    ...groups.map(storesFinding),
    ...(silent.length === 0 ? [] : [silentFinding(silent.map(keyOf))]),
  ]
}

function troublesOf(store: StoreState): readonly StoreTrouble[] {
  return store.status.conditions
    .filter(({ type, status: is }) => {
      // The other conditions exist only while they need attention.
      return isAboutUse(type) ? is === 'False' : is === 'True'
    })
    .map((condition) => ({ ...troubleOf('SecretStore', store, condition), stores: [store], store }))
}

/** Whether ExternalSecrets wait for a store with this condition. */
function isAboutUse(condition: string): boolean {
  return condition === 'Ready' || condition === 'Reachable'
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${listed(names)}`,
    action: 'Correct the operator first: it has not reconciled them',
    resources: names,
  }
}
