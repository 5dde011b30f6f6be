import {
  API_VERSION,
  type ExternalSecretResource,
  GROUP,
  parseClusterSecretStore,
  parseExternalSecret,
  parseSecretStore,
  type ParseResult,
} from '@ack-secret-manager/resources'
import { referencesOf, type StoreResource } from '@ack-secret-manager/stores'
import { ManifestNames } from './manifest-names.ts'
import type { ManifestObject } from './parse-objects.ts'
import { type ReferredObjects, referredObjects, selectsByLabels, wantedObjects } from './referred-objects.ts'

/** Everything that the manifests say. */
export interface Manifests extends ReferredObjects {
  /** By `namespace/name`. */
  readonly externalSecrets: ReadonlyMap<string, ExternalSecretResource>
  /** By `namespace/name`; a ClusterSecretStore by its name alone. */
  readonly stores: ReadonlyMap<string, StoreResource>
}

const KINDS = 'known are ExternalSecret, SecretStore and ClusterSecretStore'

/** Sorts objects into what is ours, what is referred to, and what is neither. Adds what is wrong to `problems`. */
export function manifestsOf(
  objects: readonly ManifestObject[],
  defaultNamespace: string,
  problems: string[],
): Manifests {
  const externalSecrets = new Map<string, ExternalSecretResource>()
  const stores = new Map<string, StoreResource>()
  const others: ManifestObject[] = []
  const names = new ManifestNames(defaultNamespace, problems)
  const add = <R extends ExternalSecretResource | StoreResource>(
    object: ManifestObject,
    parsed: ParseResult<R>,
    map: Map<string, R>,
  ): void => {
    if (!parsed.ok) {
      const label = `${object.location}: ${object.kind} ${names.nameOf(object)}`
      problems.push(...parsed.problems.map(({ field, message }) => `${label}: ${field}: ${message}`))
      return
    }
    const key = objectKey(parsed.resource)
    if (names.isFirst(object, key)) map.set(key, parsed.resource)
  }
  for (const object of objects) {
    const { apiVersion, kind, value, location } = object
    if (apiVersion !== GROUP && !apiVersion.startsWith(`${GROUP}/`)) others.push(object)
    else if (apiVersion !== API_VERSION)
      problems.push(`${location}: ${kind}: apiVersion ${apiVersion} is unknown; this is ${API_VERSION}`)
    else if (kind === 'ExternalSecret') add(object, parseExternalSecret(value, { defaultNamespace }), externalSecrets)
    else if (kind === 'SecretStore') add(object, parseSecretStore(value, { defaultNamespace }), stores)
    else if (kind === 'ClusterSecretStore') add(object, parseClusterSecretStore(value), stores)
    else if (kind === 'ClusterExternalSecret') problems.push(`${location}: ${kind} is not supported yet`)
    else problems.push(`${location}: ${API_VERSION} has no kind ${kind}; ${KINDS}`)
  }
  const wanted = wantedObjects(stores.values(), namespacesOf(externalSecrets))
  return { externalSecrets, stores, ...referredObjects(others, wanted, names, problems) }
}

/** `namespace/name` of an object; the name alone of one that has no namespace. */
export function objectKey({ metadata: { namespace, name } }: Pick<StoreResource, 'metadata'>): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** Namespaces whose labels decide whether their resources may use a store. */
export function selectedNamespaces({ externalSecrets, stores }: Manifests): readonly string[] {
  return [...stores.values()].some(selectsByLabels) ? [...namespacesOf(externalSecrets)] : []
}

/** Whether anything reads as the process itself, with no store or with one that says so. */
export function needsOwnIdentity({ externalSecrets, stores }: Manifests): boolean {
  const isLent = [...stores.values()].some((store) => referencesOf(store).usesOwnIdentity)
  return (
    isLent ||
    [...externalSecrets.values()].some(({ spec: { data, dataProcess } }) =>
      [...data, ...dataProcess.map(({ extract }) => extract)].some(
        ({ secretStoreRef }) => secretStoreRef === undefined,
      ),
    )
  )
}

function namespacesOf(externalSecrets: ReadonlyMap<string, ExternalSecretResource>): ReadonlySet<string> {
  return new Set([...externalSecrets.values()].map(({ metadata }) => metadata.namespace))
}
