import { apply, type Manifest } from '@ack-secret-manager/testenv'
import { crds } from '@ack-secret-manager/resources'
import type { ClusterFault, ScheduledFault } from './fault.ts'
import type { Violation } from '../invariants/invariant-checker.ts'
import { beginReplicaFault } from './replica-faults.ts'
import type { ChaosEnvironment } from '../run/chaos-environment.ts'

/** Starts a fault. @returns a function that ends it */
export async function beginFault(
  environment: ChaosEnvironment,
  scheduled: ScheduledFault,
  onViolation: (violation: Violation) => void,
): Promise<() => Promise<void>> {
  switch (scheduled.service) {
    case 'replica':
      return beginReplicaFault(environment, scheduled.fault, onViolation)
    case 'cluster':
      return beginClusterFault(environment, scheduled.fault)
    default: {
      const { service, fault, every } = scheduled
      environment.proxies[service].setFault({ fault, every })
      return async () => environment.proxies[service].setFault(undefined)
    }
  }
}

/** A fault that ends when the API server is ready again. */
export type ControlPlaneChange = Exclude<ClusterFault, { readonly kind: 'stale-server' | 'roles-unread' }>

async function beginClusterFault(environment: ChaosEnvironment, fault: ClusterFault): Promise<() => Promise<void>> {
  const { laggingServer, proxies } = environment
  if (fault.kind === 'roles-unread') {
    proxies.api.forbid('')
    return async () => proxies.api.forbid(undefined)
  }
  if (fault.kind !== 'stale-server') {
    await changeCluster(environment, fault)
    return async () => undefined
  }
  if (!laggingServer) throw new Error('the environment has no lagging API server')
  laggingServer.lag(fault.lagMs)
  proxies.api.redirect(laggingServer.url)
  return async () => {
    laggingServer.lag(0)
    proxies.api.redirect(undefined)
  }
}

/** Applies the fault. Resolves when the API server is ready again. */
export async function changeCluster(
  { plane }: Pick<ChaosEnvironment, 'plane'>,
  { kind }: ControlPlaneChange,
): Promise<void> {
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
      for (const crd of crds()) await apply(plane.request, extended(crd))
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

/** The CRD with one more field, as a later release may have it. */
function extended(crd: Manifest): Manifest {
  growth += 1
  const { spec, ...rest } = structuredClone(crd) as Definition
  for (const { schema } of spec.versions) {
    const { spec: properties } = schema.openAPIV3Schema.properties
    properties.properties = { ...properties.properties, [`futureField${growth}`]: { type: 'string' } }
  }
  return { ...rest, spec } as Definition
}
