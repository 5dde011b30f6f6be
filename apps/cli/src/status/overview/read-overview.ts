import { systemClock } from '@ack-secret-manager/core'
import {
  clusterExternalSecretState,
  type ClusterExternalSecretState,
  type FailureGroup,
  groupFailures,
  isFailing,
  labelOf,
  type LiveExternalSecret,
  type OperatorState,
  pushSecretState,
  type PushSecretState,
  secretNameOf,
  type StoreName,
  type StoreState,
  storeState,
} from '@ack-secret-manager/resource-view'
import { readyOf, type ResourceKind, resourcesPath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../../kube/cluster-reader.ts'
import { readOperatorState } from '../../kube/operator-state.ts'
import { listSelected } from '../../kube/select-external-secrets.ts'
import { readWorkloads } from '../../kube/workloads/read-workloads.ts'

/** The state of several ExternalSecrets, their stores and the operator. */
export interface Overview {
  readonly resources: readonly LiveExternalSecret[]
  readonly groups: readonly FailureGroup[]
  readonly stores: readonly StoreState[]
  readonly clusterExternalSecrets: readonly ClusterExternalSecretState[]
  readonly pushSecrets: readonly PushSecretState[]
  readonly operator: OperatorState
}

/** Which ExternalSecrets to show. */
export interface OverviewScope {
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined
  readonly selector: string | undefined
  /** Of the operator; undefined: searched. */
  readonly operatorNamespace: string | undefined
}

/** Reads what the user may see. @throws SecretSyncError if these are not even the ExternalSecrets */
export async function readOverview(reader: ClusterReader, scope: OverviewScope): Promise<Overview> {
  const { namespace, selector } = scope
  const resources = await listSelected(reader, { namespace, selector })
  const [stores, clusterStores, clusterExternalSecrets, pushSecrets, operator] = await Promise.all([
    objectsOf(reader, 'SecretStore', namespace),
    objectsOf(reader, 'ClusterSecretStore', undefined),
    namespace === undefined ? objectsOf(reader, 'ClusterExternalSecret', undefined) : [],
    // Without a note: most users have no permission on a kind that is off.
    reader.listUnlessForbidden(resourcesPath('PushSecret', namespace), 'PushSecrets', { labelSelector: selector }),
    readOperatorState(reader, systemClock.now(), scope.operatorNamespace),
  ])
  const states = [
    ...stores.map((store) => storeState('SecretStore', store)),
    ...clusterStores.map((store) => storeState('ClusterSecretStore', store)),
  ]
  const all = new Map(states.map((state) => [labelOf(state), state]))
  const isUsed = usedBy(resources)
  const workloads = await readWorkloads(reader, secretsOf(resources.filter(isFailing)))
  return {
    resources,
    groups: groupFailures({ all: resources, stores: all, workloads }),
    stores: selector === undefined && namespace === undefined ? states : states.filter(isUsed),
    clusterExternalSecrets: clusterExternalSecrets.map(clusterExternalSecretState),
    pushSecrets: (pushSecrets ?? []).map(pushSecretState),
    operator,
  }
}

/** Whether everything is Ready; a suspended ExternalSecret is fine. */
export function isHealthy({ resources, stores, clusterExternalSecrets, pushSecrets }: Overview): boolean {
  return (
    !resources.some(isFailing) &&
    stores.every(({ ready }) => ready) &&
    clusterExternalSecrets.every(({ ready }) => ready) &&
    pushSecrets.every(({ ready }) => ready)
  )
}

/** Counts of ExternalSecrets. */
export function countsOf(resources: readonly LiveExternalSecret[]) {
  const ready = resources.filter(({ status }) => readyOf(status)?.status === 'True').length
  const notReady = resources.filter(isFailing).length
  return { total: resources.length, ready, notReady, suspended: resources.length - ready - notReady }
}

async function objectsOf(reader: ClusterReader, kind: ResourceKind, namespace: string | undefined) {
  const where = kind.startsWith('Cluster')
    ? ''
    : namespace === undefined
      ? ' in all namespaces'
      : ` in namespace ${namespace}`
  return reader.listIfAllowed(resourcesPath(kind, namespace), `${kind}s${where}`)
}

function usedBy(resources: readonly LiveExternalSecret[]): (store: StoreName) => boolean {
  const used = new Set(resources.flatMap(({ stores }) => stores.map(labelOf)))
  return (store) => used.has(labelOf(store)) || store.kind === 'SecretStore'
}

function secretsOf(resources: readonly LiveExternalSecret[]): ReadonlyMap<string, ReadonlySet<string>> {
  const secrets = new Map<string, Set<string>>()
  for (const each of resources) {
    const names = secrets.get(each.namespace) ?? new Set()
    secrets.set(each.namespace, names.add(secretNameOf(each)))
  }
  return secrets
}
