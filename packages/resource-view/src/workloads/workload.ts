import type { KubeObject, OwnerReference } from '@ack-secret-manager/k8s-client'
import { type PodSpec, type SecretUse, secretUsesOf } from './secret-uses.ts'

/** Something that uses Secrets: a workload, a Pod of its own, an Ingress or a ServiceAccount. */
export interface Workload {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uses: readonly SecretUse[]
  /** `2/3 ready`; absent if the kind has no such numbers. */
  readonly ready?: string
  /** Kind of the object that it has its Pod template from. While that kind is listed as well, this one says nothing more. */
  readonly coveredBy?: string
}

/** A kind whose objects can name Secrets. */
export interface WorkloadCollection {
  readonly kind: string
  readonly plural: string
  readonly path: string
  readonly usesOf: (object: KubeObject) => readonly SecretUse[]
}

/** Kinds that can name Secrets, in the order to show them. */
export const WORKLOAD_COLLECTIONS: readonly WorkloadCollection[] = [
  { kind: 'Deployment', plural: 'Deployments', path: '/apis/apps/v1/deployments', usesOf: usesOfTemplate },
  { kind: 'StatefulSet', plural: 'StatefulSets', path: '/apis/apps/v1/statefulsets', usesOf: usesOfTemplate },
  { kind: 'DaemonSet', plural: 'DaemonSets', path: '/apis/apps/v1/daemonsets', usesOf: usesOfTemplate },
  { kind: 'CronJob', plural: 'CronJobs', path: '/apis/batch/v1/cronjobs', usesOf: usesOfCronJob },
  { kind: 'Job', plural: 'Jobs', path: '/apis/batch/v1/jobs', usesOf: usesOfTemplate },
  { kind: 'Pod', plural: 'Pods', path: '/api/v1/pods', usesOf: ({ spec }) => secretUsesOf(spec ?? {}) },
  { kind: 'Ingress', plural: 'Ingresses', path: '/apis/networking.k8s.io/v1/ingresses', usesOf: usesOfIngress },
  { kind: 'ServiceAccount', plural: 'ServiceAccounts', path: '/api/v1/serviceaccounts', usesOf: usesOfServiceAccount },
]

/** API groups of the controllers below. Other groups have controllers of the same names, which nothing here lists. */
const COVERING: Readonly<Record<string, string>> = {
  StatefulSet: 'apps',
  DaemonSet: 'apps',
  Job: 'batch',
  CronJob: 'batch',
}

/** Other names are no kinds of Kubernetes, whose owner references can have any text. */
const KIND = /^[A-Z]\w{0,62}$/

/**
 * What an object is as a user of Secrets, under the name of its controller; nothing if it uses none of them. Pure.
 * @param secrets names of Secrets by namespace; undefined: all
 */
export function workloadOf(
  kind: string,
  { metadata, spec, status }: KubeObject,
  {
    uses,
    secrets,
  }: { readonly uses: readonly SecretUse[]; readonly secrets: ReadonlyMap<string, ReadonlySet<string>> | undefined },
): readonly Workload[] {
  const { namespace = '', name = '', ownerReferences = [], labels } = metadata
  const used = secrets === undefined ? uses : uses.filter(({ secret }) => secrets.get(namespace)?.has(secret))
  if (used.length === 0) return []
  const owner = ownerReferences.find(({ controller, kind: of }) => controller === true && KIND.test(of))
  const coveredBy = owner === undefined ? undefined : coveringKind(owner, labels ?? {})
  const ready = readyText(kind, spec, status)
  return [
    {
      kind: owner?.kind ?? kind,
      namespace,
      name: owner?.name ?? name,
      uses: used,
      ...(ready === undefined ? {} : { ready }),
      ...(coveredBy === undefined ? {} : { coveredBy }),
    },
  ]
}

/** The kind with the same Pod template as an object with this controller. Pure. */
function coveringKind(
  { apiVersion, kind, name }: OwnerReference,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  const [group] = apiVersion.split('/')
  if (kind !== 'ReplicaSet' || group !== 'apps') return COVERING[kind] === group ? kind : undefined
  // Only a ReplicaSet of a Deployment has this label on its Pods, and the hash in its name.
  const hash = labels['pod-template-hash']
  return hash !== undefined && name.endsWith(`-${hash}`) ? 'Deployment' : undefined
}

/**
 * The workloads of one list of each kind, without those that an object of a listed kind covers. Pure.
 * @param listed kinds that the user may list
 */
export function uncovered<T extends Workload>(workloads: readonly T[], listed: ReadonlySet<string>): readonly T[] {
  return workloads.filter(({ coveredBy }) => coveredBy === undefined || !listed.has(coveredBy))
}

/** Several Pods of one controller are one workload. In the order to show them. Pure. */
export function sortedWorkloads<T extends Workload>(workloads: readonly T[]): readonly T[] {
  const distinct = [...new Map(workloads.map((each) => [`${each.kind} ${nameOf(each)}`, each])).values()]
  return distinct.toSorted((a, b) => rankOf(a) - rankOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1))
}

function usesOfTemplate({ spec }: KubeObject): readonly SecretUse[] {
  const { template } = (spec ?? {}) as { readonly template?: { readonly spec?: PodSpec } }
  return secretUsesOf(template?.spec ?? {})
}

function usesOfCronJob({ spec }: KubeObject): readonly SecretUse[] {
  const { jobTemplate } = (spec ?? {}) as { readonly jobTemplate?: Pick<KubeObject, 'spec'> }
  return usesOfTemplate({ metadata: {}, ...jobTemplate })
}

function usesOfIngress({ spec }: KubeObject): readonly SecretUse[] {
  const { tls = [] } = (spec ?? {}) as { readonly tls?: readonly { readonly secretName?: string }[] }
  return tls.flatMap(({ secretName }) => (secretName === undefined ? [] : [{ secret: secretName, how: 'tls' }]))
}

function usesOfServiceAccount(object: KubeObject): readonly SecretUse[] {
  const { imagePullSecrets = [], secrets = [] } = object as unknown as {
    readonly imagePullSecrets?: readonly { readonly name?: string }[]
    readonly secrets?: readonly { readonly name?: string }[]
  }
  const named = (list: typeof secrets, how: string): readonly SecretUse[] =>
    list.flatMap(({ name }) => (name === undefined ? [] : [{ secret: name, how }]))
  return [...named(imagePullSecrets, 'imagePullSecrets'), ...named(secrets, 'secrets')]
}

function readyText(kind: string, spec: unknown, status: unknown): string | undefined {
  const { replicas = 1 } = (spec ?? {}) as { readonly replicas?: number }
  const {
    readyReplicas = 0,
    numberReady = 0,
    desiredNumberScheduled = 0,
  } = (status ?? {}) as Record<string, number | undefined>
  if (kind === 'Deployment' || kind === 'StatefulSet') return `${readyReplicas}/${replicas} ready`
  if (kind === 'DaemonSet') return `${numberReady}/${desiredNumberScheduled} ready`
  return undefined
}

function nameOf({ namespace, name }: Workload): string {
  return `${namespace}/${name}`
}

function rankOf({ kind }: Workload): number {
  const rank = WORKLOAD_COLLECTIONS.findIndex((each) => each.kind === kind)
  return rank === -1 ? WORKLOAD_COLLECTIONS.length : rank
}
