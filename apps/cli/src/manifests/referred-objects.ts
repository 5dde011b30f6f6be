import { referencesOf, type StoreResource } from '@ack-secret-manager/stores'
import { type Labels, namespaceLabelsOf } from './namespace-labels.ts'
import type { ManifestNames } from './manifest-names.ts'
import type { ManifestObject } from './parse-objects.ts'
import { type SecretData, secretDataOf } from './secret-data.ts'

/** What resources and stores refer to, and what nobody does. */
export interface ReferredObjects {
  /** By `namespace/name`: those that hold credentials of stores. */
  readonly secrets: ReadonlyMap<string, SecretData>
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
      else if (kind === 'Namespace') namespaces.set(name, namespaceLabelsOf(name, value, label, problems))
      // Of a ServiceAccount only a cluster has what is needed.
    }
  }
  return { secrets, namespaces, passedOver }
}

/** `Kind namespace/name` of what stores take credentials from, and `Namespace name` of what they may select by labels. */
export function wantedObjects(stores: Iterable<StoreResource>, namespaces: Iterable<string>): ReadonlySet<string> {
  const wanted = new Set<string>()
  let selects = false
  for (const store of stores) {
    const { secretKeys, serviceAccounts } = referencesOf(store)
    for (const ref of secretKeys) wanted.add(`Secret ${ref.namespace}/${ref.name}`)
    for (const ref of serviceAccounts) wanted.add(`ServiceAccount ${ref.namespace}/${ref.name}`)
    selects ||= selectsByLabels(store)
  }
  if (selects) for (const namespace of namespaces) wanted.add(`Namespace ${namespace}`)
  return wanted
}

/** Whether it depends on labels of a namespace who may use the store. */
export function selectsByLabels({ spec }: StoreResource): boolean {
  return spec.conditions?.some(({ namespaceSelector }) => namespaceSelector !== undefined) ?? false
}
