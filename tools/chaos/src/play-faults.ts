import { apply, type Manifest } from '@ack-secret-manager/testbed'
import { crds } from '@ack-secret-manager/resources'
import type { ClusterFault, ScheduledFault } from './fault.ts'
import type { Violation } from './invariants/judge.ts'
import { beginReplicaFault } from './replica-faults.ts'
import type { Stage } from './stage.ts'

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
      return beginClusterFault(stage, scheduled.fault)
    default: {
      const { place, fault, every } = scheduled
      stage.doors[place].play({ fault, every })
      return async () => stage.doors[place].play(undefined)
    }
  }
}

/** A fault that is over when the API server is ready again. */
export type ControlPlaneChange = Exclude<ClusterFault, { readonly kind: 'stale-server' | 'roles-unread' }>

async function beginClusterFault(stage: Stage, fault: ClusterFault): Promise<() => Promise<void>> {
  const { laggingServer, doors } = stage
  if (fault.kind === 'roles-unread') {
    doors.api.forbid('')
    return async () => doors.api.forbid(undefined)
  }
  if (fault.kind !== 'stale-server') {
    await changeCluster(stage, fault)
    return async () => undefined
  }
  if (!laggingServer) throw new Error('the stage has no lagging API server')
  laggingServer.lag(fault.lagMs)
  doors.api.redirect(laggingServer.url)
  return async () => {
    laggingServer.lag(0)
    doors.api.redirect(undefined)
  }
}

/** Does it, and resolves when the API server is ready again. */
export async function changeCluster({ plane }: Pick<Stage, 'plane'>, { kind }: ControlPlaneChange): Promise<void> {
  switch (kind) {
    case 'restart-etcd':
      await plane.kill('etcd')
      return plane.restart('etcd')
    case 'restart-apiserver':
      await plane.kill('apiserver')
      return plane.restart('apiserver')
    case 'forget-history':
      await plane.compact()
      await plane.kill('etcd')
      await plane.restart('etcd')
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
