import type { KubeObject } from '@ack-secret-manager/k8s-client'
import type { ClusterReader } from './cluster-reader.ts'
import { keyOf } from './resource-objects.ts'

/** Label of everything that the chart installs, and default name of the Lease. */
const OPERATOR = 'ack-secret-manager'
/** The clock of the replica and of this machine may differ. */
const CLOCK_TOLERANCE_MS = 60_000

/** A Deployment of the operator. */
export interface OperatorDeployment {
  readonly namespace: string
  readonly name: string
  /** Undefined if neither a label nor the image has one. */
  readonly version: string | undefined
  readonly image: string | undefined
  readonly readyReplicas: number
  readonly replicas: number
}

/** A Lease of the operator. */
export interface OperatorLease {
  readonly namespace: string
  readonly name: string
  /** Name of the Pod that leads, or led last. */
  readonly holder: string
  readonly renewTime: string
  /** Whether the leader has renewed it in time. */
  readonly isHeld: boolean
}

/** What a user can see of the operator. */
export interface OperatorState {
  /** `unknown`: the user may not read what would show it. */
  readonly state: 'running' | 'stopped' | 'unknown'
  /** Why, as a part of a sentence. */
  readonly detail: string
  readonly deployments: readonly OperatorDeployment[]
  readonly leases: readonly OperatorLease[]
}

/** Looks for the operator in all namespaces. */
export async function readOperatorState(reader: ClusterReader, nowMs: number): Promise<OperatorState> {
  const [deployments, leases] = await Promise.all([
    reader.listUnlessForbidden('/apis/apps/v1/deployments', 'Deployments of the operator', {
      labelSelector: `app.kubernetes.io/name=${OPERATOR}`,
    }),
    reader.listUnlessForbidden('/apis/coordination.k8s.io/v1/leases', 'Leases of the operator', {
      fieldSelector: `metadata.name=${OPERATOR}`,
    }),
  ])
  return operatorStateOf(
    deployments?.map(deploymentOf),
    leases?.map((lease) => leaseOf(lease, nowMs)),
  )
}

/** Judges what was found; undefined means that the user may not read it. Pure. */
export function operatorStateOf(
  deployments: readonly OperatorDeployment[] | undefined,
  leases: readonly OperatorLease[] | undefined,
): OperatorState {
  const found = { deployments: deployments ?? [], leases: leases ?? [] }
  const leading = leases?.find(({ isHeld }) => isHeld)
  if (leading)
    return { ...found, state: 'running', detail: `${leading.holder} leads in namespace ${leading.namespace}` }
  const ready = deployments?.find(({ readyReplicas }) => readyReplicas > 0)
  if (ready) return { ...found, state: 'running', detail: `Deployment ${keyOf(ready)} is ready` }
  const last = leases?.toSorted((a, b) => (a.renewTime < b.renewTime ? 1 : -1))[0]
  if (last) {
    const detail = `Lease ${keyOf(last)} was last renewed at ${last.renewTime} by ${last.holder}`
    return { ...found, state: 'stopped', detail }
  }
  if (leases === undefined || deployments === undefined) {
    return { ...found, state: 'unknown', detail: 'you may not list Leases and Deployments of all namespaces' }
  }
  return { ...found, state: 'stopped', detail: `no Lease ${OPERATOR} and no ready Deployment exist` }
}

function deploymentOf({ metadata, spec, status }: KubeObject): OperatorDeployment {
  const { namespace = '', name = '', labels = {} } = metadata
  const { replicas, template } = (spec ?? {}) as DeploymentSpec
  const images = template?.spec?.containers?.map(({ image }) => image) ?? []
  const image = images.find((each) => each?.includes(OPERATOR)) ?? images[0]
  return {
    namespace,
    name,
    version: labels['app.kubernetes.io/version'] ?? tagOf(image),
    image,
    readyReplicas: (status as { readonly readyReplicas?: number } | undefined)?.readyReplicas ?? 0,
    replicas: replicas ?? 1,
  }
}

interface DeploymentSpec {
  readonly replicas?: number
  readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } }
}

/** The tag of an image; a colon before a `/` belongs to the port of a registry. */
function tagOf(image: string | undefined): string | undefined {
  return /:([^/:@]+)(?:@|$)/.exec(image ?? '')?.[1]
}

function leaseOf({ metadata, spec }: KubeObject, nowMs: number): OperatorLease {
  const { holderIdentity = '', renewTime = '', leaseDurationSeconds = 0 } = (spec ?? {}) as LeaseSpec
  const { namespace = '', name = '' } = metadata
  const expiresMs = Date.parse(renewTime) + leaseDurationSeconds * 1_000 + CLOCK_TOLERANCE_MS
  return { namespace, name, holder: holderIdentity, renewTime, isHeld: holderIdentity !== '' && expiresMs > nowMs }
}

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly renewTime?: string
  readonly leaseDurationSeconds?: number
}
