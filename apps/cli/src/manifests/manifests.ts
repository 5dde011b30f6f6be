import {
  API_VERSION,
  type ClusterExternalSecretResource,
  type ExternalSecretResource,
  GROUP,
  parseClusterExternalSecret,
  parseClusterSecretStore,
  parseExternalSecret,
  parseSecretStore,
  type ParseResult,
  storeRefsOf,
} from '@ack-secret-manager/resources'
import { homeOf, type NamespacedName, referencesOf, type StoreResource } from '@ack-secret-manager/stores'
import { expandClusterExternalSecrets, type PlacedClusterExternalSecret } from './expand-cluster-external-secrets.ts'
import { ManifestNames } from './manifest-names.ts'
import type { ManifestObject } from './parse-objects.ts'
import { type Labels, namespaceLabelsOf } from './namespace-labels.ts'
import { type ReferredObjects, referredObjects, selectsByLabels, wantedObjects } from './referred-objects.ts'

/** The content of the manifests. */
export interface Manifests extends ReferredObjects {
  /** By `namespace/name`, including those from ClusterExternalSecrets. */
  readonly externalSecrets: ReadonlyMap<string, ExternalSecretResource>
  /** ExternalSecrets that are defined twice, with a problem for each. Neither definition is synced. */
  readonly duplicates: ReadonlyMap<string, string>
  /** By `namespace/name`; a ClusterSecretStore by its name alone. */
  readonly stores: ReadonlyMap<string, StoreResource>
  /** ClusterExternalSecrets that select no namespace. */
  readonly idle: readonly string[]
  /** Number of PushSecrets. Only the operator pushes. */
  readonly pushSecrets: number
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const KINDS = 'known are ExternalSecret, SecretStore, ClusterSecretStore, ClusterExternalSecret and PushSecret'

/** Sorts objects into custom resources, referenced objects and others. Appends errors to `problems`. */
export function manifestsOf(
  objects: readonly ManifestObject[],
  {
    defaultNamespace,
    namespaces = new Map(),
  }: {
    readonly defaultNamespace: string
    /** Namespaces of the cluster with their labels; manifests take precedence. @default none */
    readonly namespaces?: ReadonlyMap<string, Labels> | undefined
  },
  problems: string[],
): Manifests {
  const externalSecrets = new Map<string, ExternalSecretResource>()
  const duplicates = new Map<string, string>()
  const makers: PlacedClusterExternalSecret[] = []
  const stores = new Map<string, StoreResource>()
  const others: ManifestObject[] = []
  let pushSecrets = 0
  const names = new ManifestNames(defaultNamespace, problems)
  const add = <R extends ExternalSecretResource | ClusterExternalSecretResource | StoreResource>(
    object: ManifestObject,
    parsed: ParseResult<R>,
    keep: (key: string, resource: R) => unknown,
  ): void => {
    if (!parsed.ok) {
      const label = `${object.location}: ${object.kind} ${names.nameOf(object)}`
      problems.push(...parsed.problems.map(({ field, message }) => `${label}: ${field}: ${message}`))
      return
    }
    const key = objectKey(parsed.resource)
    const onTwice = (problem: string): unknown => duplicates.set(key, problem)
    if (names.isFirst(object, key, object.kind === 'ExternalSecret' ? onTwice : undefined)) keep(key, parsed.resource)
  }
  const keepStore = (key: string, store: StoreResource): unknown => stores.set(key, store)
  for (const object of objects) {
    const { apiVersion, kind, value, location } = object
    if (apiVersion !== GROUP && !apiVersion.startsWith(`${GROUP}/`)) others.push(object)
    else if (apiVersion !== API_VERSION)
      problems.push(`${location}: ${kind}: apiVersion ${apiVersion} is unknown; this is ${API_VERSION}`)
    else if (kind === 'ExternalSecret')
      add(object, parseExternalSecret(value, { defaultNamespace }), (key, one) => externalSecrets.set(key, one))
    else if (kind === 'SecretStore') add(object, parseSecretStore(value, { defaultNamespace }), keepStore)
    else if (kind === 'ClusterSecretStore') add(object, parseClusterSecretStore(value), keepStore)
    else if (kind === 'ClusterExternalSecret')
      add(object, parseClusterExternalSecret(value), (_key, resource) => makers.push({ location, resource }))
    else if (kind === 'PushSecret') pushSecrets += 1
    else problems.push(`${location}: ${API_VERSION} has no kind ${kind}; ${KINDS}`)
  }
  const idle: string[] = []
  const declared = declaredNamespaces(makers.length === 0 ? [] : others, names, problems)
  expandClusterExternalSecrets(makers, new Map([...namespaces, ...declared]), {
    onMade: (made, { location, resource }) => {
      const key = objectKey(made)
      const place = `${location}: ClusterExternalSecret ${resource.metadata.name}`
      const onTwice = (problem: string): unknown => duplicates.set(key, problem)
      if (names.isFirst({ kind: made.kind, location: place }, key, onTwice)) externalSecrets.set(key, made)
    },
    onProblem: (problem) => problems.push(problem),
    onNone: (label) => idle.push(label),
  })
  const wanted = wantedObjects(stores.values(), [...externalSecrets.values()])
  const all = new Set([...wanted, ...[...declared.keys()].map((name) => `Namespace ${name}`)])
  return { externalSecrets, duplicates, stores, idle, pushSecrets, ...referredObjects(others, all, names, problems) }
}

/** Namespaces with a manifest. Errors of their labels are reported later. */
function declaredNamespaces(
  objects: readonly ManifestObject[],
  names: ManifestNames,
  problems: string[],
): ReadonlyMap<string, Labels> {
  const declared = new Map<string, Labels>()
  for (const object of objects) {
    if (object.apiVersion !== 'v1' || object.kind !== 'Namespace') continue
    const name = names.nameOf(object)
    // The name becomes the name of a directory.
    if (NAMESPACE.test(name)) declared.set(name, namespaceLabelsOf(name, object.value, '', []))
    else problems.push(`${object.location}: Namespace ${name}: expected a name of lower-case letters, digits and "-"`)
  }
  return declared
}

/** `namespace/name`, or the name of a cluster-scoped object. */
export function objectKey({ metadata: { namespace, name } }: { readonly metadata: NamespacedName }): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** Namespaces whose labels decide whether their resources may use a store. */
export function selectedNamespaces({ externalSecrets, stores }: Manifests): readonly string[] {
  return [...stores.values()].some(selectsByLabels) ? [...namespacesOf(externalSecrets)] : []
}

/** Whether an entry reads with the identity of the process: without a store, or with a store without an identity. */
export function needsOwnIdentity({ externalSecrets, stores }: Manifests): boolean {
  const isUsedByStore = [...stores.values()].some((store) => referencesOf(store).usesOperatorIdentity)
  return (
    isUsedByStore ||
    [...externalSecrets.values()].some(({ spec }) => storeRefsOf(spec).some((ref) => ref === undefined))
  )
}

/** Backend packages that resources read through. A suspended one reads nothing. */
export function neededPackages({ externalSecrets, stores }: Manifests): ReadonlySet<string> {
  const keys = [...externalSecrets.values()].flatMap(({ metadata: { namespace }, spec }) =>
    (spec.suspend ? [] : storeRefsOf(spec)).flatMap((ref) =>
      ref ? objectKey({ metadata: { namespace: homeOf(ref, namespace), name: ref.name } }) : [],
    ),
  )
  return new Set(keys.flatMap((key) => stores.get(key)?.spec.plugin?.package ?? []))
}

function namespacesOf(externalSecrets: ReadonlyMap<string, ExternalSecretResource>): ReadonlySet<string> {
  return new Set([...externalSecrets.values()].map(({ metadata }) => metadata.namespace))
}
