import { defined } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  externalSecretTree,
  labelOf,
  type LiveExternalSecret,
  NOT_REPORTED,
  secretNameOf,
  sortedWorkloads,
  type TargetSecret,
  targetSecret,
  type TreeNode,
  withoutPrefix,
} from '@ack-secret-manager/resource-view'
import { type ExternalSecretSpec, OWNER_ANNOTATION, readyOf } from '@ack-secret-manager/resources'
import { conditionViews } from './condition-views.ts'
import { generatedKeysOf, isGenerated } from './generated-keys.ts'
import { graphOf } from './graph.ts'
import { explainCommand } from './explain-command.ts'
import { guideView } from './guide.ts'
import type { StoreObject, WorkloadObject } from './objects.ts'
import { actionsFor, type PatchAccess } from './permissions.ts'
import { resourceRow } from './resource-row.ts'
import { shellWord } from './shell-word.ts'
import type { EventsView } from './views/events.ts'
import type { ResourceDetail, SourceView, TargetView, WorkloadView } from './views/resource-detail.ts'

/** Sources, keys and workloads of one resource that are shown; the graph shows fewer. */
const MAX_ITEMS = 1_000

/** The metadata of a Secret. */
export type SecretRead = (
  | { readonly state: 'present'; readonly object: KubeObject }
  | { readonly state: 'missing' | 'loading' | 'forbidden' | 'disconnected' }
) & {
  /** @default true */
  readonly isWatched?: boolean
}

/** What {@link resourceDetail} consists of. */
export interface DetailParts {
  readonly resource: LiveExternalSecret
  /** By label. */
  readonly stores: ReadonlyMap<string, StoreObject>
  /** Of its namespace; undefined if the user may list no kind. */
  readonly workloads: readonly WorkloadObject[] | undefined
  readonly readWorkloads: readonly string[]
  readonly hiddenWorkloads: readonly string[]
  readonly unreadWorkloads: readonly string[]
  readonly secret: SecretRead
  readonly events: EventsView
  readonly access: PatchAccess
  readonly isReadOnly: boolean
}

/** One ExternalSecret with everything about it. Pure. */
export function resourceDetail(parts: DetailParts): ResourceDetail {
  const { resource, workloads, readWorkloads, hiddenWorkloads, unreadWorkloads, events } = parts
  const { metadata, spec, status } = resource
  const ready = readyOf(status)
  const record = parts.secret.state === 'present' ? targetSecret(parts.secret.object, resource) : undefined
  const users = workloads && sortedWorkloads(workloads.filter((each) => isUser(each, resource)))
  const [store] = resource.stores
  const guide = guideView(
    { kind: 'ExternalSecret', condition: 'Ready', reason: ready?.reason ?? '' },
    {
      namespace: resource.namespace,
      name: resource.name,
      store,
      written: status.target === undefined ? 'none' : 'all',
    },
  )
  return {
    row: resourceRow(resource),
    message: ready === undefined ? NOT_REPORTED : withoutPrefix(ready.message, ready.reason),
    uid: metadata.uid ?? '',
    conditions: conditionViews(status.conditions),
    sources: sourcesOf(resource, record).slice(0, MAX_ITEMS),
    ...generatedKeysOf(resource),
    target: targetView(parts, record),
    readWorkloads,
    hiddenWorkloads,
    unreadWorkloads,
    events,
    graph: graphOf(treeOf(parts, record, users ?? [])),
    commands: commandsFor(resource),
    actions: actionsFor(resource, parts),
    ...defined({
      createdAt: metadata.creationTimestamp,
      workloads: users?.slice(0, MAX_ITEMS).map((each) => workloadView(each, resource)),
      guide,
      rotationInterval: spec?.rotationInterval,
    }),
  }
}

function treeOf(
  { resource, stores }: DetailParts,
  secret: TargetSecret | undefined,
  workloads: readonly WorkloadObject[],
): TreeNode {
  const nodes = new Map([...stores].map(([label, { node }]) => [label, node]))
  const tree = externalSecretTree({ resource, secret, stores: nodes, workloads })
  return resource.createdBy === undefined
    ? tree
    : { kind: 'ClusterExternalSecret', name: resource.createdBy, children: [tree] }
}

function isUser({ namespace, uses }: WorkloadObject, resource: LiveExternalSecret): boolean {
  return namespace === resource.namespace && uses.some(({ secret }) => secret === secretNameOf(resource))
}

type Entry = ExternalSecretSpec['data'][number]

/** The KMS secrets of the spec, each with its last result. Those of an invalid spec are the ones of the last valid one. */
function sourcesOf(resource: LiveExternalSecret, record: TargetSecret | undefined): readonly SourceView[] {
  const { spec, status } = resource
  const entries: readonly Entry[] =
    spec === undefined ? [] : [...spec.data, ...spec.dataProcess.map(({ extract }) => extract)]
  const stores = new Map(entries.map((entry) => [entry.key, storeOf(entry, resource)]))
  const failures = new Map(
    status.dataSyncResults.flatMap(({ ExternalSecretKey: key, status: is, reason = '' }) =>
      key === undefined || is !== 'Failed' || isGenerated(key) ? [] : [[key, reason] as const],
    ),
  )
  const read = status.secrets.map((source): SourceView => {
    const { key, versionId = '', versionStage = '', type = '', rotation } = source
    const failure = failures.get(key)
    return {
      secret: key,
      state: failure === undefined ? 'ok' : 'failed',
      message: failure ?? '',
      store: stores.get(key) ?? '',
      versionId,
      versionStage,
      type,
      ...(rotation === undefined ? {} : { rotation }),
      keys: keysFrom(record, key, versionId),
    }
  })
  const known = new Set(read.map(({ secret }) => secret))
  const others = [...new Set([...stores.keys(), ...failures.keys()])].filter((key) => !known.has(key))
  const unread = others.map((key): SourceView => {
    const failure = failures.get(key)
    return {
      secret: key,
      state: failure === undefined ? 'unread' : 'failed',
      message: failure ?? '',
      store: stores.get(key) ?? '',
      versionId: '',
      versionStage: '',
      type: '',
      keys: [],
    }
  })
  return [...read, ...unread]
}

function storeOf({ secretStoreRef }: Entry, { namespace: home }: LiveExternalSecret): string {
  if (secretStoreRef === undefined) return ''
  const { kind, namespace, name } = secretStoreRef
  return kind === 'ClusterSecretStore'
    ? labelOf({ kind, namespace: '', name })
    : labelOf({ kind: 'SecretStore', namespace: namespace || home, name })
}

function keysFrom(record: TargetSecret | undefined, secret: string, versionId: string): readonly string[] {
  const keys = record?.keys.filter((each) => each.secret === secret && each.versionId === versionId) ?? []
  return keys.map(({ key }) => key)
}

function targetView({ resource, secret }: DetailParts, record: TargetSecret | undefined): TargetView {
  const { namespace, name } = resource
  const { keyCount, lastChangeTime } = resource.status.target ?? {}
  const metadata = secret.state === 'present' ? secret.object.metadata : undefined
  const owner = metadata?.annotations?.[OWNER_ANNOTATION]
  return {
    namespace,
    name: secretNameOf(resource),
    state: secret.state,
    isPolled: secret.isWatched === false && secret.state !== 'forbidden',
    type: record?.type ?? '',
    ...defined({
      keyCount,
      createdAt: metadata?.creationTimestamp,
      changedAt: lastChangeTime,
      otherOwner: owner === `${namespace}/${name}` ? undefined : owner,
    }),
  }
}

function workloadView(workload: WorkloadObject, resource: LiveExternalSecret): WorkloadView {
  const { kind, namespace, name, uses, restartedFor, restartedAt } = workload
  const [, ready, wanted] = /^(\d+)\/(\d+) /.exec(workload.ready ?? '') ?? []
  const secret = secretNameOf(resource)
  return {
    kind,
    namespace,
    name,
    uses: uses.filter((use) => use.secret === secret).map(({ how }) => how),
    ...(ready === undefined ? {} : { ready: Number(ready), wanted: Number(wanted) }),
    ...defined({ restartedAt: restartedFor.includes(resource.name) ? restartedAt : undefined }),
  }
}

function commandsFor({ namespace, name, status }: LiveExternalSecret): ResourceDetail['commands'] {
  const names = `${shellWord(name)} -n ${shellWord(namespace)}`
  return [
    { for: 'status', text: `acksm status ${names}` },
    { for: 'tree', text: `acksm tree ${names}` },
    { for: 'refresh', text: `acksm refresh ${names} --wait` },
    ...explainCommand(readyOf(status)?.reason),
    { for: 'yaml', text: `kubectl get externalsecrets.alibabacloud.com ${names} -o yaml` },
  ]
}
