import type { Clock } from '@ack-secret-manager/core'
import type { KubeClient, KubeObject } from '@ack-secret-manager/k8s-client'
import {
  isOperatorBinding,
  type LiveExternalSecret,
  OPERATOR,
  OPERATOR_SELECTOR,
  WORKLOAD_COLLECTIONS,
} from '@ack-secret-manager/resource-view'
import { resourcesPath } from '@ack-secret-manager/resources'
import {
  clusterExternalSecretObject,
  type ClusterExternalSecretObject,
  resourceObject,
  type StoreObject,
  storeObject,
  type WorkloadObject,
  workloadObject,
} from '../../model/objects.ts'
import { pushSecretObject, type PushSecretObject } from '../../model/push-secret/push-secret-object.ts'
import { LeaseRenewals } from '../../model/lease-renewals.ts'
import { LiveCollection, type LiveCollectionOptions } from './live-collection.ts'

/** Kinds of workloads that are watched everywhere, because the overview counts them. The page of one resource watches the others. */
const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const

/** Everything that the server keeps of the cluster. */
export interface Collections {
  readonly resources: LiveCollection<LiveExternalSecret>
  readonly stores: LiveCollection<StoreObject>
  readonly clusterStores: LiveCollection<StoreObject>
  readonly clusterExternalSecrets: LiveCollection<ClusterExternalSecretObject>
  readonly pushSecrets: LiveCollection<PushSecretObject>
  readonly workloads: readonly LiveCollection<WorkloadObject>[]
  readonly operatorDeployments: LiveCollection<KubeObject>
  readonly operatorPods: LiveCollection<KubeObject>
  readonly leases: LiveCollection<KubeObject>
  /** Of {@link leases}. */
  readonly renewals: LeaseRenewals
  /** Those of the operator; undefined if the user gave its namespace. */
  readonly bindings: LiveCollection<KubeObject> | undefined
  readonly all: readonly Pick<
    LiveCollection<unknown>,
    'kind' | 'state' | 'view' | 'isUnauthenticated' | 'lastActivityMs' | 'run' | 'tick'
  >[]
}

/** What {@link openCollections} watches. */
export interface WatchScope {
  readonly client: KubeClient
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined
  /** Undefined: the operator is searched in all namespaces. */
  readonly operatorNamespace: string | undefined
  readonly clock: Clock
  readonly onChange: () => void
}

/** The collections, not yet running. */
export function openCollections({ operatorNamespace, namespace, ...base }: WatchScope): Collections {
  const inScope = <T>(options: Omit<LiveCollectionOptions<T>, keyof typeof base | 'namespace'>): LiveCollection<T> =>
    new LiveCollection({
      ...base,
      namespace,
      hintForbidden: namespace === undefined ? 'acksm ui -n NAMESPACE' : undefined,
      ...options,
    })
  const inCluster = <T>(options: Omit<LiveCollectionOptions<T>, keyof typeof base | 'namespace'>): LiveCollection<T> =>
    new LiveCollection({ ...base, namespace: undefined, ...options })
  const resources = inScope({ kind: 'ExternalSecret', path: resourcesPath('ExternalSecret'), project: resourceObject })
  const stores = inScope({
    kind: 'SecretStore',
    path: resourcesPath('SecretStore'),
    project: (raw) => storeObject('SecretStore', raw),
  })
  const clusterStores = inCluster({
    kind: 'ClusterSecretStore',
    path: resourcesPath('ClusterSecretStore'),
    project: (raw) => storeObject('ClusterSecretStore', raw),
  })
  const clusterExternalSecrets = inCluster({
    kind: 'ClusterExternalSecret',
    path: resourcesPath('ClusterExternalSecret'),
    project: clusterExternalSecretObject,
  })
  const pushSecrets = inScope({ kind: 'PushSecret', path: resourcesPath('PushSecret'), project: pushSecretObject })
  const workloads = WORKLOAD_KINDS.map((kind) =>
    inScope({ kind, path: workloadPath(kind), project: (raw) => workloadObject(kind, raw) }),
  )
  const operator = operatorCollections({ operatorNamespace, ...base })
  const { operatorDeployments, operatorPods, leases, bindings } = operator
  return {
    resources,
    stores,
    clusterStores,
    clusterExternalSecrets,
    pushSecrets,
    workloads,
    ...operator,
    all: [
      resources,
      stores,
      clusterStores,
      clusterExternalSecrets,
      pushSecrets,
      ...workloads,
      operatorDeployments,
      operatorPods,
      leases,
      ...(bindings === undefined ? [] : [bindings]),
    ],
  }
}

/** What the operator is found by, in all namespaces unless the user gave one. */
function operatorCollections({
  operatorNamespace,
  ...base
}: Omit<WatchScope, 'namespace'>): Pick<
  Collections,
  'operatorDeployments' | 'operatorPods' | 'leases' | 'renewals' | 'bindings'
> {
  const renewals = new LeaseRenewals()
  const ofOperator = (
    options: Pick<LiveCollectionOptions<KubeObject>, 'kind' | 'path' | 'labelSelector' | 'fieldSelector'> &
      Partial<Pick<LiveCollectionOptions<KubeObject>, 'project'>>,
  ) =>
    new LiveCollection<KubeObject>({
      ...base,
      namespace: operatorNamespace,
      hintForbidden: operatorNamespace === undefined ? 'acksm ui --operator-namespace NAMESPACE' : undefined,
      project: withoutFields,
      ...options,
    })
  return {
    operatorDeployments: ofOperator({
      kind: 'OperatorDeployment',
      path: workloadPath('Deployment'),
      labelSelector: OPERATOR_SELECTOR,
    }),
    operatorPods: ofOperator({ kind: 'OperatorPod', path: '/api/v1/pods', labelSelector: OPERATOR_SELECTOR }),
    leases: ofOperator({
      kind: 'Lease',
      path: '/apis/coordination.k8s.io/v1/leases',
      fieldSelector: `metadata.name=${OPERATOR}`,
      project: (raw) => {
        renewals.observe(raw, base.clock.monotonic())
        return withoutFields(raw)
      },
    }),
    renewals,
    bindings:
      operatorNamespace === undefined
        ? new LiveCollection<KubeObject>({
            ...base,
            namespace: undefined,
            kind: 'ClusterRoleBinding',
            path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
            project: (raw) => (isOperatorBinding(raw) ? withoutFields(raw) : undefined),
          })
        : undefined,
  }
}

/** Path of a kind of workloads in all namespaces. */
export function workloadPath(kind: string): string {
  const path = WORKLOAD_COLLECTIONS.find((each) => each.kind === kind)?.path
  if (path === undefined) throw new TypeError(`no path of ${kind}`)
  return path
}

/** An object of the operator as it is, without the largest part of its metadata. */
function withoutFields({ metadata: { managedFields: _managed, ...metadata }, ...rest }: KubeObject): KubeObject {
  return { ...rest, metadata }
}
