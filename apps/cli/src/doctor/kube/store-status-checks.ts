import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type SecretStoreStatus, secretStoreStatusSchema } from '@ack-secret-manager/resources'
import { resourcesPath } from '../../kube/collections.ts'
import type { Check, Finding } from '../check.ts'
import { findingsByResource, isOverdue, type Trouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll, MAX_OBJECTS } from './kube-reads.ts'

/** A store of the cluster. */
export interface ClusterStore extends KubeObject {
  readonly status?: unknown
}

/** Stores that are not Ready or not Reachable, by kind: keys as ExternalSecrets reference them. */
export type BrokenStores = Set<string>

const KINDS = [
  ['SecretStore', 'secretstores'],
  ['ClusterSecretStore', 'clustersecretstores'],
] as const

/** Ids of the checks of stores. */
export const STORE_STATUS = KINDS.map(([, plural]) => `kube.${plural}`)

/** Conditions of all stores. Adds those that do not work to `broken`. */
export function storeStatusChecks(context: KubeContext, broken: BrokenStores): readonly Check[] {
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
        const { items, isCut } = await listAll<ClusterStore>(client, resourcesPath(kind, scope.namespace), signal)
        const findings = storeFindings(kind, items, nowMs(), broken)
        return isCut
          ? [...findings, { status: 'skipped', detail: `more than ${MAX_OBJECTS} exist` } as const]
          : findings
      }),
  }))
}

function storeFindings(
  kind: string,
  stores: readonly ClusterStore[],
  nowMs: number,
  broken: BrokenStores,
): readonly Finding[] {
  const troubles: Trouble[] = []
  const silent: string[] = []
  for (const store of stores) {
    const parsed = secretStoreStatusSchema.safeParse(store.status ?? {}).data
    const found = troublesOf(store, parsed)
    if (found.some(({ condition }) => condition === 'Ready' || condition === 'Reachable')) broken.add(storeKey(store))
    troubles.push(...found)
    const isSilent = parsed?.conditions.some(({ type }) => type === 'Ready') !== true
    if (isSilent && isOverdue(store, nowMs)) silent.push(storeKey(store))
  }
  const affected = new Set(troubles.map(({ key }) => key)).size + silent.length
  const fine = stores.length - affected
  return [
    ...(fine > 0 || stores.length === 0 ? [{ status: 'ok', detail: `${fine} without a problem` } as const] : []),
    ...findingsByResource(troubles, kind),
    ...(silent.length === 0 ? [] : [silentFinding(silent)]),
  ]
}

function troublesOf(store: ClusterStore, status: SecretStoreStatus | undefined): readonly Trouble[] {
  return (status?.conditions ?? [])
    .filter(({ type, status: is }) => {
      // The other conditions exist only while they need attention.
      return type === 'Ready' || type === 'Reachable' ? is === 'False' : is === 'True'
    })
    .map((condition) => troubleOf('SecretStore', store, condition))
}

/** `SecretStore default/kms`, as {@link storeLabel} writes it. */
function storeKey({ metadata: { namespace = '', name = '' } }: ClusterStore): string {
  return namespace === '' ? `ClusterSecretStore ${name}` : `SecretStore ${namespace}/${name}`
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${names.slice(0, 5).join(', ')}`,
    action: 'Correct the operator first: it has not reconciled them',
  }
}
