import { readFile } from 'node:fs/promises'
import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { parseAllDocuments } from 'yaml'

/** A Kubernetes object in a manifest. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string | null>>
  }
}

/** Objects of a YAML file. */
export async function readManifests(file: string): Promise<Manifest[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as Manifest)
}

const CLUSTER_SCOPED = new Set([
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterSecretStore',
  'ClusterExternalSecret',
])
const PLURALS: Readonly<Record<string, string>> = { SecretStore: 'secretstores', ExternalSecret: 'externalsecrets' }

/** Path of the collection of an object. */
export function collectionPath({ apiVersion, kind, metadata }: Manifest, namespace: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`
  return CLUSTER_SCOPED.has(kind)
    ? `${root}/${plural}`
    : `${root}/namespaces/${metadata.namespace ?? namespace}/${plural}`
}

/** Creates an object, or merges it into the existing one. @returns it. @throws Error if the API server rejects it */
export async function apply(request: ApiRequest, object: Manifest, namespace: string = 'default'): Promise<unknown> {
  const collection = collectionPath(object, namespace)
  const created = await request('POST', collection, object)
  if (created.status === 201) return created.body
  const path = `${collection}/${object.metadata.name}`
  const response = created.status === 409 ? await request('PATCH', path, object) : created
  if (response.status >= 300) {
    throw new Error(`${object.kind} ${object.metadata.name}: HTTP ${response.status} ${JSON.stringify(response.body)}`)
  }
  return response.body
}

/** A custom resource definition with all versions served. */
interface Definition {
  readonly metadata: { readonly uid: string; readonly generation: number }
  readonly spec: {
    readonly group: string
    readonly names: { readonly plural: string }
    readonly versions: readonly { readonly name: string }[]
  }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** What this process has applied, by the uid of the definition. */
const applied = new Map<string, { readonly generation: number; readonly manifest: string }>()

/** Whether its spec is what this process has applied: a spec never changes without the generation. */
async function isApplied(request: ApiRequest, crd: Manifest): Promise<boolean> {
  const { status, body } = await request<Definition>('GET', pathOfCrd(crd))
  if (status !== 200) return false
  const { uid, generation } = body.metadata
  const known = applied.get(uid)
  return known?.generation === generation && known.manifest === JSON.stringify(crd)
}

function pathOfCrd({ metadata }: Manifest): string {
  return `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`
}

/**
 * Installs the custom resource definitions and waits until they are served. Those that are installed already are not sent again, because
 * an API server compiles all their expressions each time.
 */
export async function installCrds(request: ApiRequest, crds: readonly Manifest[]): Promise<void> {
  for (const crd of crds) {
    if (await isApplied(request, crd)) continue
    const { uid, generation } = ((await apply(request, crd)) as Definition).metadata
    applied.set(uid, { generation, manifest: JSON.stringify(crd) })
  }
  for (const crd of crds) {
    const path = pathOfCrd(crd)
    await until(`${crd.metadata.name} is served`, async () => {
      const { body } = await request<Definition>('GET', path)
      const { spec } = body
      // Conditions are null until the API server has processed a new definition.
      if (!body.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'))
        return false
      // The condition becomes true a moment before the API server serves the resource.
      const served = spec.versions.map(({ name }) => `/apis/${spec.group}/${name}/${spec.names.plural}?limit=1`)
      const answers = await Promise.all(served.map((collection) => request('GET', collection)))
      return answers.every(({ status }) => status === 200)
    })
  }
}

/** First pause of {@link until}. Short waits end soon after the response. */
const FIRST_PAUSE_MS = 50
/** Longest pause. Many rows wait at once, and each request costs CPU of the API server, of etcd and of the test. */
const LONGEST_PAUSE_MS = 250
const PAUSE_GROWTH = 1.2
/** Several pauses of a backoff that doubles, on a busy machine. */
const DEADLINE_MS = 120_000

/**
 * Polls until there is a result, with pauses that grow from 50 to 250 ms unless `pauseMs` is given.
 * @throws Error naming the expected result after the deadline
 */
export async function until<T>(
  what: string | (() => string),
  ask: () => Promise<T | false | undefined>,
  { deadlineMs = DEADLINE_MS, pauseMs }: { deadlineMs?: number; pauseMs?: number } = {},
): Promise<T> {
  const endMs = performance.now() + deadlineMs
  let nextPauseMs = pauseMs ?? FIRST_PAUSE_MS
  for (;;) {
    const response = await ask()
    if (response !== undefined && response !== false) return response
    if (performance.now() > endMs)
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, nextPauseMs))
    if (pauseMs === undefined) nextPauseMs = Math.min(nextPauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS)
  }
}
