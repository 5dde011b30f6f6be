import {
  type ExternalSecretSpec,
  findsOf,
  type GeneratedStatus,
  readyOf,
  type SourceStatus,
} from '@ack-secret-manager/resources'
import { labelOf, type LiveExternalSecret, stateText, type StoreName } from '../resource-objects.ts'
import type { Workload } from '../workloads/workload.ts'
import { causeOf } from '../failures/failure-cause.ts'
import { isFailing, secretNameOf } from '../failures/group-failures.ts'
import type { TargetSecret } from '../target-secret.ts'
import { storeTree } from './store-node.ts'
import type { TreeNode } from './tree-node.ts'

/** Parts of the tree of an ExternalSecret. */
export interface ExternalSecretParts {
  readonly resource: LiveExternalSecret
  /** Undefined if it does not exist or is not visible. */
  readonly secret: TargetSecret | undefined
  /** Nodes of its stores by label, without children. */
  readonly stores: ReadonlyMap<string, TreeNode>
  readonly workloads: readonly Workload[]
}

/** ExternalSecret → stores → identity and KMS secrets; and → Secret → workloads. Pure. */
export function externalSecretTree({ resource, secret, stores, workloads }: ExternalSecretParts): TreeNode {
  const { namespace, name, status, spec } = resource
  const { reason, message = '' } = readyOf(status) ?? {}
  const used = resource.stores.map((store) =>
    storeTree(store, stores.get(labelOf(store)), sourceNodes(resource, store)),
  )
  const own = sourceNodes(resource, undefined)
  const cause = isFailing(resource) ? causeOf(reason ?? '', message) : message
  return {
    kind: 'ExternalSecret',
    namespace,
    name,
    ready: !isFailing(resource),
    details: stateText({ reason, message: cause }),
    children: [
      ...used,
      ...(own.length === 0 ? [] : [{ kind: 'Identity', name: 'of the operator', children: own }]),
      ...(spec === undefined && status.target === undefined ? [] : [secretTree(resource, secret, workloads)]),
    ],
  }
}

/** The KMS secrets that a resource reads through a store; without a store: with the identity of the operator. */
function sourceNodes(
  { spec, namespace, status }: LiveExternalSecret,
  store: StoreName | undefined,
): readonly TreeNode[] {
  const entries = spec === undefined ? [] : [...spec.data, ...spec.dataProcess.map(({ extract }) => extract)]
  const keys = entries.filter(({ secretStoreRef }) => isRefTo(secretStoreRef, store, namespace)).map(({ key }) => key)
  // With several finds the status does not say which one has found a secret, so the first one has.
  const [finds] = spec === undefined ? [] : findsOf(spec)
  if (finds !== undefined && isRefTo(finds.find.secretStoreRef, store, namespace)) {
    const named = new Set(entries.map(({ key }) => key))
    keys.push(...status.secrets.map(({ key }) => key).filter((key) => !named.has(key)))
  }
  return [...new Set(keys)].map((key) => {
    const sources = status.secrets.filter((each) => each.key === key)
    return {
      kind: 'KMSSecret',
      name: key,
      details: sources.length === 0 ? 'not read yet' : sources.map(versionText).join(', '),
    }
  })
}

type StoreRef = ExternalSecretSpec['data'][number]['secretStoreRef']

function isRefTo(ref: StoreRef, store: StoreName | undefined, home: string): boolean {
  if (ref === undefined || store === undefined) return ref === undefined && store === undefined
  const isCluster = ref.kind === 'ClusterSecretStore'
  return ref.name === store.name && (isCluster ? store.namespace === '' : store.namespace === (ref.namespace || home))
}

function versionText({ versionId = '?', versionStage = '', type = '', rotation }: SourceStatus): string {
  const next = rotation?.nextTime === undefined ? '' : `, next rotation ${rotation.nextTime}`
  const facts = [versionStage, type].filter((part) => part !== '').join(', ')
  return `version ${versionId}${facts === '' ? '' : ` (${facts}${next})`}`
}

function generatedText({ name, generatedTime, renewalTime }: GeneratedStatus): string {
  return `${name} generated ${generatedTime}${renewalTime === undefined ? '' : `, next rotation ${renewalTime}`}`
}

function secretTree(
  resource: LiveExternalSecret,
  secret: TargetSecret | undefined,
  workloads: readonly Workload[],
): TreeNode {
  const { namespace, status } = resource
  const name = secretNameOf(resource)
  const users = workloads.filter((each) => each.namespace === namespace && each.uses.some((use) => use.secret === name))
  const keys = secret?.keys.map(({ key }) => key) ?? []
  const { keyCount } = status.target ?? {}
  const count =
    keys.length > 0
      ? `keys ${keys.join(', ')}`
      : keyCount === undefined
        ? 'not written yet'
        : `${keyCount} ${keyCount === 1 ? 'key' : 'keys'}`
  return {
    kind: 'Secret',
    namespace,
    name,
    details: [count, ...(status.generated ?? []).map(generatedText)].join('; '),
    children: users.map((user) => ({
      kind: user.kind,
      namespace,
      name: user.name,
      details: [
        user.uses
          .filter((use) => use.secret === name)
          .map(({ how }) => how)
          .join(', '),
        ...(user.ready === undefined ? [] : [user.ready]),
      ].join(' · '),
    })),
  }
}
