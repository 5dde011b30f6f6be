import { apply, type Manifest } from '@ack-secret-manager/testbed'
import { crds } from '@ack-secret-manager/resources'
import type { DoorCall, DoorHook } from './doors/door.ts'
import type { Replicas } from './replicas.ts'
import type { ClusterFault, ReplicaFault, ScheduledFault } from './fault.ts'
import type { Violation } from './invariants/judge.ts'
import type { Stage } from './stage.ts'
import { SYSTEM_NAMESPACE } from './world/resources.ts'

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM_NAMESPACE}/leases/ack-secret-manager`
const HOUR_MS = 3_600_000

/** Begins a fault. @returns what ends it */
export async function beginFault(
  stage: Stage,
  scheduled: ScheduledFault,
  onViolation: (violation: Violation) => void,
): Promise<() => Promise<void>> {
  switch (scheduled.place) {
    case 'replica':
      return beginReplicaFault(stage, scheduled.fault, onViolation)
    case 'cluster':
      await changeCluster(stage, scheduled.fault)
      return async () => undefined
    default: {
      const { place, fault, every } = scheduled
      stage.doors[place].play({ fault, every })
      return async () => stage.doors[place].play(undefined)
    }
  }
}

async function beginReplicaFault(
  { replicas, doors, plane }: Stage,
  fault: ReplicaFault,
  onViolation: (violation: Violation) => void,
): Promise<() => Promise<void>> {
  const leader = replicas.leader()
  const refill = (): Promise<void> => replicas.fill()
  switch (fault.kind) {
    case 'kill-leader':
      if (leader) replicas.kill(leader)
      return refill
    case 'stop-leader': {
      const ended = leader && replicas.end(leader)
      return async () => {
        const code = (await ended) ?? 0
        if (code !== 0 && code !== 1) {
          const expected = 'it finishes what it has begun, and exits with 0, or 1 after a lost lease'
          onViolation({ rule: 'a replica ends as it should', object: 'operator', expected, seen: `ended by ${code}` })
        }
        await refill()
      }
    }
    case 'pause-leader':
      leader?.program.kill('SIGSTOP')
      return async () => {
        leader?.program.kill('SIGCONT')
        await refill()
      }
    case 'kill-at-call': {
      const door = fault.place === 'kms' ? doors.kms : doors.api
      door.hook = killAtCall(replicas, fault, () => undefined)
      return async () => {
        door.hook = undefined
        await refill()
      }
    }
    case 'clock-jump': {
      const renewTime = new Date(Date.now() + fault.hours * HOUR_MS).toISOString().replace('Z', '000Z')
      const options = { contentType: 'application/merge-patch+json' }
      // Refused where the API server is away; then no such replica could have written it either.
      await plane.request('PATCH', LEASE, { spec: { renewTime } }, options).catch(() => undefined)
      return refill
    }
  }
}

/** Kills the leader at its n-th call from now on; nothing of it gets through after that. */
export function killAtCall(
  replicas: Replicas,
  { call: nth, done }: Pick<Extract<ReplicaFault, { kind: 'kill-at-call' }>, 'call' | 'done'>,
  onKilled: () => void,
): DoorHook {
  let count = 0
  const kill = (call: DoorCall, isDone: boolean): boolean => {
    if (!isMeant(call)) return false
    if (count < nth && isDone === done) {
      count += 1
      const victim = replicas.leader()
      if (count < nth || !victim) return false
      replicas.kill(victim)
      onKilled()
    }
    return count >= nth
  }
  return { before: (call) => kill(call, false), after: (call) => kill(call, true) }
}

function isMeant({ place, method, path }: DoorCall): boolean {
  return place === 'kms' || (method !== 'GET' && !path.includes('/leases/'))
}

/** Does it, and resolves when the API server is ready again. */
export async function changeCluster({ plane }: Pick<Stage, 'plane'>, { kind }: ClusterFault): Promise<void> {
  switch (kind) {
    case 'restart-etcd':
      await plane.kill('etcd')
      return plane.restart('etcd')
    case 'restart-apiserver':
      await plane.kill('apiserver')
      return plane.restart('apiserver')
    case 'change-crd':
      for (const crd of crds()) await apply(plane.request, grown(crd))
  }
}

interface Definition extends Manifest {
  readonly spec: {
    readonly versions: {
      readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: { properties: object } } } }
    }[]
  }
}

let growth = 0

/** A definition as the next release may have it: with one more field that nobody uses yet. */
function grown(crd: Manifest): Manifest {
  growth += 1
  const { spec, ...rest } = structuredClone(crd) as Definition
  for (const { schema } of spec.versions) {
    const { spec: properties } = schema.openAPIV3Schema.properties
    properties.properties = { ...properties.properties, [`futureField${growth}`]: { type: 'string' } }
  }
  return { ...rest, spec } as Definition
}
