import {
  type ApiRequest,
  AS_IN_PRODUCTION,
  type ControlPlane,
  startControlPlane,
} from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import {
  apply,
  collectionPath,
  externalSecretManifest,
  forEachIndex,
  installCrds,
  type Manifest,
  storeManifests,
} from '@ack-secret-manager/testenv'

/** Users whose requests are counted separately. */
export const OPERATOR_USER = 'bench-operator'
export const LOADER_USER = 'bench-loader'

const CREATE_CONCURRENCY = 16

/**
 * Starts a control plane without controllers, which would only compete for the machine, and with the CRDs.
 * Operator and loader are cluster admins: what is measured is not RBAC.
 */
export async function startBenchCluster(definitions: readonly Manifest[] = crds()): Promise<ControlPlane> {
  const users = [OPERATOR_USER, LOADER_USER].map((name) => ({
    name,
    groups: ['system:masters'],
    token: `${name}-only-for-this-run`,
  }))
  const plane = await startControlPlane({
    audit: true,
    controllerManager: false,
    collection: AS_IN_PRODUCTION,
    users,
  })
  await installCrds(plane.request, definitions)
  return plane
}

/** What is created. */
export interface ManyResources {
  readonly resources: number
  readonly secrets: number
  /** References name the namespace of the store. @default false */
  readonly namespacedRefs?: boolean
}

/** Creates `resources` ExternalSecrets in a new namespace. */
export async function createExternalSecrets(
  request: ApiRequest,
  namespace: string,
  { resources, secrets, namespacedRefs = false }: ManyResources,
): Promise<void> {
  await apply(request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const storeNamespace = namespacedRefs ? namespace : undefined
  const path = collectionPath(externalSecretManifest(0, secrets), namespace)
  await forEachIndex(resources, CREATE_CONCURRENCY, async (index) => {
    const response = await request('POST', path, externalSecretManifest(index, secrets, storeNamespace), {
      deadlineMs: 30_000,
    })
    if (response.status !== 201) throw new Error(`ExternalSecret ${index}: HTTP ${response.status}`)
  })
}

/** Creates their store. */
export async function createStore(
  request: ApiRequest,
  namespace: string,
  { namespacedRefs = false }: Pick<ManyResources, 'namespacedRefs'> = {},
): Promise<void> {
  for (const manifest of storeManifests(namespacedRefs ? namespace : undefined))
    await apply(request, manifest, namespace)
}
