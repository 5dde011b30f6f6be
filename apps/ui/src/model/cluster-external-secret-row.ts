import { defined } from '@ack-secret-manager/core'
import { keyOf, type LiveExternalSecret, withoutPrefix } from '@ack-secret-manager/resource-view'
import type { ClusterExternalSecretObject } from './objects.ts'
import { countsOf, resourceState } from './resource-row.ts'
import type { ClusterExternalSecretRow } from './views/cluster-external-secret.ts'

const MAX_NAMESPACES = 1_000

/** ExternalSecrets by the ClusterExternalSecret that created them. Pure. */
export function resourcesByCreator(
  resources: Iterable<LiveExternalSecret>,
): ReadonlyMap<string, readonly LiveExternalSecret[]> {
  const created = new Map<string, LiveExternalSecret[]>()
  for (const resource of resources) {
    if (resource.createdBy === undefined) continue
    const known = created.get(resource.createdBy)
    if (known === undefined) created.set(resource.createdBy, [resource])
    else known.push(resource)
  }
  return created
}

/** A ClusterExternalSecret in the table. Pure. */
export function clusterExternalSecretRow(
  { state, since, externalSecretName, isSuspended }: ClusterExternalSecretObject,
  created: readonly LiveExternalSecret[],
): ClusterExternalSecretRow {
  const { ready, reason, message, provisioned, failed } = state
  return {
    name: keyOf(state),
    state: reason === undefined ? 'pending' : ready ? 'ready' : 'failing',
    reason: reason ?? '',
    message: withoutPrefix(message, reason ?? ''),
    ...defined({ since }),
    externalSecretName,
    isSuspended,
    provisioned: provisioned.slice(0, MAX_NAMESPACES),
    failed: failed.slice(0, MAX_NAMESPACES).map(({ namespace, reason: why = '' }) => ({ namespace, reason: why })),
    resources: countsOf(created.map((each) => ({ state: resourceState(each) }))),
  }
}
