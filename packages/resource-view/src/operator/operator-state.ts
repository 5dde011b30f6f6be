import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { decodeMember, MEMBER_ANNOTATION, type MemberRecord } from '@ack-secret-manager/resources'
import { keyOf } from '../resource-objects.ts'
import { OPERATOR, type OperatorHome, severalText } from './operator-home.ts'

/** The clock of the replica and of this machine may differ. */
const CLOCK_TOLERANCE_MS = 60_000
/** A longer duration in a Lease is not that of an operator. */
const MAX_LEASE_S = 3_600

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
  /** Name of the Pod that leads, or led last; empty after a release. */
  readonly holder: string
  readonly renewTime: string
  /** Whether the leader has renewed it in time. */
  readonly isHeld: boolean
  /** What the holder says about its work. Absent without a holder, and for a version without shards. */
  readonly member?: MemberRecord
}

/** What a user can see of the operator. */
export interface OperatorState {
  /** `unknown`: nothing of it was found, several were, or the user may not read what would show it. */
  readonly state: 'running' | 'stopped' | 'unknown'
  /** Why, as a part of a sentence. */
  readonly detail: string
  readonly deployments: readonly OperatorDeployment[]
  readonly leases: readonly OperatorLease[]
  readonly home: OperatorHome
}

/** Whether a namespace is known to be the operator's. */
export function isConfirmed(home: OperatorHome): boolean {
  return home.kind === 'one' && home.confirmed
}

/** A sentence if the operator does not run, is not found or is not the only one; undefined if nothing is known against it. */
export function operatorWarning({ state, detail, home }: OperatorState): string | undefined {
  if (state === 'stopped') return `no operator seems to run: ${detail}`
  return state === 'unknown' && (home.kind === 'several' || detail === NOT_FOUND) ? detail : undefined
}

const NOT_FOUND = `no operator found: no Lease ${OPERATOR} and no Deployment of it exist`

/** Judges what was found; undefined means that the user may not read it. Pure. */
export function operatorStateOf(
  deployments: readonly OperatorDeployment[] | undefined,
  leases: readonly OperatorLease[] | undefined,
  home: OperatorHome,
): OperatorState {
  const found = { deployments: deployments ?? [], leases: leases ?? [], home }
  if (home.kind === 'several') return { ...found, state: 'unknown', detail: severalText(home.namespaces) }
  const leading = leases?.find(({ isHeld }) => isHeld)
  if (leading)
    return { ...found, state: 'running', detail: `${leading.holder} leads in namespace ${leading.namespace}` }
  const ready = deployments?.find(({ readyReplicas }) => readyReplicas > 0)
  if (ready) return { ...found, state: 'running', detail: `Deployment ${keyOf(ready)} is ready` }
  const last = leases?.toSorted((a, b) => (a.renewTime < b.renewTime ? 1 : -1))[0]
  if (last) {
    // A Lease without a holder was released then, or cleared after its last renewal.
    const renewal =
      last.holder === ''
        ? `has no holder since ${last.renewTime}`
        : `was last renewed at ${last.renewTime} by ${last.holder}`
    return { ...found, state: 'stopped', detail: `Lease ${keyOf(last)} ${renewal}` }
  }
  if (leases === undefined || deployments === undefined) {
    const where = home.kind === 'one' ? `namespace ${home.namespace}` : 'all namespaces'
    return { ...found, state: 'unknown', detail: `you may not list Leases and Deployments of ${where}` }
  }
  // It may run outside of the cluster, or under another name.
  if (deployments.length === 0) return { ...found, state: 'unknown', detail: NOT_FOUND }
  return { ...found, state: 'stopped', detail: `no Lease ${OPERATOR} and no ready Deployment exist` }
}

/** Reads a Deployment of the operator. Pure. */
export function operatorDeploymentOf({ metadata, spec, status }: KubeObject): OperatorDeployment {
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

/** Reads a Lease of the operator. Pure. */
export function operatorLeaseOf({ metadata, spec }: KubeObject, nowMs: number): OperatorLease {
  const { holderIdentity = '', renewTime = '', leaseDurationSeconds = 0 } = (spec ?? {}) as LeaseSpec
  const { namespace = '', name = '', annotations = {} } = metadata
  const renewedMs = Date.parse(renewTime)
  const expiresMs = renewedMs + Math.min(leaseDurationSeconds, MAX_LEASE_S) * 1_000 + CLOCK_TOLERANCE_MS
  // No leader renews it in the future.
  const isHeld = holderIdentity !== '' && expiresMs > nowMs && renewedMs <= nowMs + CLOCK_TOLERANCE_MS
  const member = decodeMember(annotations[MEMBER_ANNOTATION])
  const isOwn = member?.holder === holderIdentity
  return { namespace, name, holder: holderIdentity, renewTime, isHeld, ...(isOwn && { member }) }
}

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly renewTime?: string
  readonly leaseDurationSeconds?: number
}

/** A Lease whose holder says what it works on. */
export interface OperatorShard extends OperatorLease {
  readonly member: MemberRecord
}

/** The shards that have a holder, by name. Pure. */
export function shardsOf(leases: readonly OperatorLease[]): readonly OperatorShard[] {
  const shards = leases.flatMap(({ member, ...lease }) => (lease.isHeld && member ? [{ ...lease, member }] : []))
  return shards.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
