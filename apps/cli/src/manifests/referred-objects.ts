import type { ExternalSecretResource } from '@ack-secret-manager/resources'
import { referencesOf, type StoreResource } from '@ack-secret-manager/stores'
import { configMapDataOf } from './config-map-data.ts'
import { type Labels, namespaceLabelsOf } from './namespace-labels.ts'
import type { ManifestNames } from './manifest-names.ts'
import type { ManifestObject } from './parse-objects.ts'
import { type SecretData, secretDataOf } from './secret-data.ts'

/** Objects that resources and stores reference. */
export interface ReferredObjects {
  /** By `namespace/name`: Secrets with credentials of stores, or with templates. */
  readonly secrets: ReadonlyMap<string, SecretData>
  /** By `namespace/name`: ConfigMaps with templates. */
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Labels of namespaces by name, if a store selects by labels. */
  readonly namespaces: ReadonlyMap<string, Labels>
  /** Number of ignored objects by kind. */
  readonly ignored: ReadonlyMap<string, number>
}

/** Collects the referenced objects and counts the others. Appends errors to `problems`. */
export function referredObjects(
  objects: readonly ManifestObject[],
  wanted: ReadonlySet<string>,
  names: ManifestNames,
  problems: string[],
): ReferredObjects {
  const secrets = new Map<string, SecretData>()
  const configMaps = new Map<string, ReadonlyMap<string, string>>()
  const namespaces = new Map<string, Labels>()
  const ignored = new Map<string, number>()
  for (const object of objects) {
    const { apiVersion, kind, value } = object
    const name = names.nameOf(object)
    if (apiVersion !== 'v1' || !wanted.has(`${kind} ${name}`)) {
      ignored.set(kind, (ignored.get(kind) ?? 0) + 1)
    } else if (names.isFirst(object, name)) {
      const label = `${object.location}: ${kind} ${name}`
      if (kind === 'Secret') secrets.set(name, secretDataOf(value, label, problems))
      else if (kind === 'ConfigMap') configMaps.set(name, configMapDataOf(value, label, problems))
      else if (kind === 'Namespace') namespaces.set(name, namespaceLabelsOf(name, value, label, problems))
      // The UID and tokens of a ServiceAccount come from a cluster, so its manifest is not used.
    }
  }
  return { secrets, configMaps, namespaces, ignored }
}

/** `Kind namespace/name` of objects with credentials and templates, and `Namespace name` of namespaces that a store selects by labels. */
export function wantedObjects(
  stores: Iterable<StoreResource>,
  resources: readonly ExternalSecretResource[],
): ReadonlySet<string> {
  const wanted = new Set<string>()
  let selects = false
  for (const store of stores) {
    const { secretKeys, serviceAccounts } = referencesOf(store)
    for (const ref of secretKeys) wanted.add(`Secret ${ref.namespace}/${ref.name}`)
    for (const ref of serviceAccounts) wanted.add(`ServiceAccount ${ref.namespace}/${ref.name}`)
    selects ||= selectsByLabels(store)
  }
  for (const { metadata, spec } of resources) {
    if (selects) wanted.add(`Namespace ${metadata.namespace}`)
    for (const { configMap, secret } of spec.target.template?.templateFrom ?? []) {
      if (configMap) wanted.add(`ConfigMap ${metadata.namespace}/${configMap.name}`)
      if (secret) wanted.add(`Secret ${metadata.namespace}/${secret.name}`)
    }
  }
  return wanted
}

/** Whether the store selects namespaces by labels. */
export function selectsByLabels({ spec }: StoreResource): boolean {
  return spec.conditions?.some(({ namespaceSelector }) => namespaceSelector !== undefined) ?? false
}
