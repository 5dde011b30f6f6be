import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { apply, collectionPath, until } from '@ack-secret-manager/testenv'
import type { AnyManifest } from '../workload/objects.ts'

const NAME = 'garbage-collector-probe'
const API = 'alibabacloud.com/v1alpha1'
const SPEC = { suspend: true, data: [{ key: NAME, name: 'value', secretStoreRef: { name: NAME } }] }
/** Without a restart it discovers new CRDs every 30 s. */
const DISCOVERED = { deadlineMs: 120_000 }

/**
 * Restarts the garbage collector and waits until it knows the resources. Before, it completes a deletion with `Orphan` without
 * removing the owner references, and later deletes what should have stayed.
 */
export async function letGarbageCollectorKnow(plane: Pick<ControlPlane, 'restart' | 'request'>): Promise<void> {
  const { request } = plane
  await plane.restart('controller-manager')
  const owner: AnyManifest = {
    apiVersion: API,
    kind: 'ClusterExternalSecret',
    metadata: { name: NAME },
    spec: { externalSecretName: NAME, externalSecretSpec: SPEC, conditions: [{ namespaces: [NAME] }] },
  }
  await apply(request, owner)
  const ownerPath = pathOf(owner)
  const { body } = await request<{ metadata: { uid: string } }>('GET', ownerPath)
  const ownerReferences = [{ apiVersion: API, kind: owner.kind, name: NAME, uid: body.metadata.uid }]
  const owned: AnyManifest = {
    apiVersion: API,
    kind: 'ExternalSecret',
    metadata: { name: NAME, namespace: 'default', ownerReferences } as AnyManifest['metadata'],
    spec: SPEC,
  }
  await apply(request, owned)
  await request('DELETE', ownerPath, { propagationPolicy: 'Foreground' })
  const isGone = async (path: string): Promise<boolean> => (await request('GET', path)).status === 404
  const areGone = async (): Promise<boolean> => (await isGone(ownerPath)) && isGone(pathOf(owned))
  await until('the garbage collector knows ExternalSecrets and ClusterExternalSecrets', areGone, DISCOVERED)
}

function pathOf(object: AnyManifest): string {
  return `${collectionPath(object, 'default')}/${object.metadata.name}`
}
