import type { ExternalSecretResource } from '@ack-secret-manager/resources'
import { referencesOf, type StoreResource } from '@ack-secret-manager/stores'
import { configMapDataOf } from './config-map-data.ts'
import { type Labels, namespaceLabelsOf } from './namespace-labels.ts'
import type { ManifestNames } from './manifest-names.ts'
import type { ManifestObject } from './parse-objects.ts'
import { type SecretData, secretDataOf } from './secret-data.ts'

/** What resources and stores refer to, and what nobody does. */
export interface ReferredObjects {
  /** By `namespace/name`: those that hold credentials of stores, or templates. */
  readonly secrets: ReadonlyMap<string, SecretData>
  /** By `namespace/name`: those that hold templates. */
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Labels of namespaces, by name, where a store selects by labels. */
  readonly namespaces: ReadonlyMap<string, Labels>
  /** How many objects of which kind nobody looks at. */
  readonly passedOver: ReadonlyMap<string, number>
}

/** Takes the objects that are referred to, and counts the rest. Adds what is wrong to `problems`. */
export function referredObjects(
  objects: readonly ManifestObject[],
  wanted: ReadonlySet<string>,
  names: ManifestNames,
  problems: string[],
): ReferredObjects {
  const secrets = new Map<string, SecretData>()
  const configMaps = new Map<string, ReadonlyMap<string, string>>()
  const namespaces = new Map<string, Labels>()
  const passedOver = new Map<string, number>()
  for (const object of objects) {
    const { apiVersion, kind, value } = object
    const name = names.nameOf(object)
    if (apiVersion !== 'v1' || !wanted.has(`${kind} ${name}`)) {
      passedOver.set(kind, (passedOver.get(kind) ?? 0) + 1)
    } else if (names.isFirst(object, name)) {
      const label = `${object.location}: ${kind} ${name}`
      if (kind === 'Secret') secrets.set(name, secretDataOf(value, label, problems))
      else if (kind === 'ConfigMap') configMaps.set(name, configMapDataOf(value, label, problems))
      else if (kind === 'Namespace') namespaces.set(name, namespaceLabelsOf(name, value, label, problems))
      // Of a ServiceAccount only a cluster has what is needed.
    }
  }
  return { secrets, configMaps, namespaces, passedOver }
}

/** `Kind namespace/name` of what stores take credentials from and resources their templates, and `Namespace name` of what stores may select by labels. */
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

/** Whether it depends on labels of a namespace who may use the store. */
export function selectsByLabels({ spec }: StoreResource): boolean {
  return spec.conditions?.some(({ namespaceSelector }) => namespaceSelector !== undefined) ?? false
}
