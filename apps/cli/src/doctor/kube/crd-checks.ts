import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { type CustomResourceDefinition, crds, GROUP, VERSION } from '@ack-secret-manager/resources'
import type { Check, FailedFinding, Finding } from '../check.ts'
import { groupedBy, listed } from '../../output/listed.ts'
import { API_SERVER, CRDS, type KubeContext } from './kube-context.ts'
import { ifPermitted, isNotFound } from './kube-reads.ts'

const INSTALL = 'acksm crds | kubectl apply --server-side --force-conflicts -f -'

/** Parts of a CustomResourceDefinition of the cluster. */
interface ClusterCrd {
  readonly spec: {
    readonly versions: ReadonlyArray<{
      readonly name: string
      readonly served: boolean
      readonly storage: boolean
      readonly schema?: { readonly openAPIV3Schema?: Schema }
    }>
  }
  readonly status?: {
    readonly storedVersions?: readonly string[]
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string; readonly message?: string }>
  }
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** The CRDs of the cluster against those of this version. */
export function crdChecks({ client }: KubeContext): readonly Check[] {
  return [
    {
      id: CRDS,
      section: 'Cluster',
      title: 'CustomResourceDefinitions',
      needs: [API_SERVER],
      timeoutMs: 10_000,
      action: `Install them: ${INSTALL}`,
      run: async (signal) => {
        try {
          return await crdFindings(client, signal)
        } catch (error) {
          if (!isKubeApiError(error) || error.status !== 403) throw error
          return ifPermitted('see the CustomResourceDefinitions', () => servedFinding(client, signal))
        }
      },
    },
  ]
}

async function crdFindings(client: KubeClient, signal: AbortSignal): Promise<readonly Finding[]> {
  const ours = crds()
  const found = await Promise.all(ours.map((crd) => clusterCrd(client, crd, signal)))
  const missing = ours.filter((_crd, index) => found[index] === undefined).map(({ metadata }) => metadata.name)
  if (missing.length > 0) return [missingFinding(missing)]
  const problems = ours.flatMap((crd, index) => problemsOf(crd, found[index] as ClusterCrd))
  if (problems.length > 0) return oneByAction(problems)
  return [{ status: 'ok', detail: `${ours.length} of version ${VERSION}, with all fields of this acksm` }]
}

/** One finding for each action: the definitions are updated together. Pure. */
export function oneByAction(problems: readonly FailedFinding[]): readonly FailedFinding[] {
  return [...groupedBy(problems, ({ action }) => action)].flatMap(([action, [first, ...others]]) => {
    if (first === undefined || others.length === 0) return first ?? []
    const details = [first, ...others].map(({ title = '', detail }) => `${title} ${detail}`)
    const isBlocking = [first, ...others].some(({ blocks }) => blocks !== false)
    return { status: 'failed', detail: details.join('; '), action, ...(isBlocking ? {} : { blocks: false }) }
  })
}

/** What a user without permission on CRDs sees of them: the resources that the API server serves. */
async function servedFinding(client: KubeClient, signal: AbortSignal): Promise<Finding> {
  const served = await servedResources(client, signal)
  const missing = crds().filter(({ spec }) => !served.includes(spec.names.plural))
  if (missing.length > 0) return missingFinding(missing.map(({ metadata }) => metadata.name))
  return { status: 'ok', detail: `${VERSION} is served; you may not see the fields of the definitions` }
}

async function servedResources(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  interface Discovery {
    readonly resources: readonly { readonly name: string }[]
  }
  try {
    const { resources } = await client.get<Discovery>(`/apis/${GROUP}/${VERSION}`, { signal })
    return resources.map(({ name }) => name)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

function missingFinding(names: readonly string[]): Finding {
  return { status: 'failed', detail: `missing: ${names.join(', ')}`, action: `Install them: ${INSTALL}` }
}

async function clusterCrd(
  client: KubeClient,
  { metadata: { name } }: CustomResourceDefinition,
  signal: AbortSignal,
): Promise<ClusterCrd | undefined> {
  try {
    return await client.get<ClusterCrd>(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, { signal })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** What is wrong with one definition. Pure. */
export function problemsOf(ours: CustomResourceDefinition, cluster: ClusterCrd): readonly FailedFinding[] {
  const { name } = ours.metadata
  const failed = (detail: string, action: string): readonly [FailedFinding] => [
    { status: 'failed', title: `CRD ${name}`, detail, action },
  ]
  // The objects can be read nevertheless.
  const incomplete = (detail: string, action: string): readonly FailedFinding[] => [
    { ...failed(detail, action)[0], blocks: false },
  ]
  const refused = cluster.status?.conditions?.find(
    ({ type, status }) => (type === 'Established' || type === 'NamesAccepted') && status === 'False',
  )
  if (refused !== undefined) {
    return failed(
      `not established: ${refused.message ?? refused.type}`,
      'Delete the definition of the other product that uses its names',
    )
  }
  const version = cluster.spec.versions.find((each) => each.name === VERSION)
  if (version?.served !== true) {
    const names = cluster.spec.versions.map((each) => each.name).join(', ')
    return failed(`serves ${names}, not ${VERSION}`, `Update it: ${INSTALL}`)
  }
  const others = (cluster.status?.storedVersions ?? []).filter((each) => each !== VERSION)
  if (others.length > 0 || !version.storage) {
    const stored = others.length > 0 ? others.join(', ') : 'another version'
    return incomplete(
      `stores ${stored} in etcd, in addition to or instead of ${VERSION}`,
      `Write the objects again in ${VERSION}, then remove ${stored} from status.storedVersions`,
    )
  }
  const [our] = ours.spec.versions
  const absent = missingFields(our?.schema.openAPIV3Schema, version.schema?.openAPIV3Schema, '')
  if (absent.length === 0) return []
  return incomplete(`older than this acksm, without ${listed(absent, 3)}`, `Update it: ${INSTALL}`)
}

/** Paths of fields that ours has and theirs lacks; the API server drops them from objects. */
function missingFields(ours: Schema | undefined, theirs: Schema | undefined, path: string): readonly string[] {
  return Object.entries(ours?.properties ?? {}).flatMap(([name, schema]) => {
    const at = path === '' ? name : `${path}.${name}`
    const their = theirs?.properties?.[name]
    if (their === undefined) return [at]
    return [...missingFields(schema, their, at), ...missingFields(schema.items, their.items, `${at}[]`)]
  })
}
