import {
  API_VERSION,
  type ClusterExternalSecretResource,
  type ExternalSecretResource,
  externalSecretMetadataOf,
  namespacesSelectedBy,
} from '@ack-secret-manager/resources'
import type { Labels } from './namespace-labels.ts'

/** A ClusterExternalSecret and its location. */
export interface PlacedClusterExternalSecret {
  readonly location: string
  readonly resource: ClusterExternalSecretResource
}

/** Callbacks for the results. */
export interface Expansion {
  /** Called for each ExternalSecret. */
  readonly onMade: (externalSecret: ExternalSecretResource, maker: PlacedClusterExternalSecret) => void
  readonly onProblem: (problem: string) => void
  /** Called for a ClusterExternalSecret that selects no namespace. */
  readonly onNone: (clusterExternalSecret: string) => void
}

/** Creates the ExternalSecrets of ClusterExternalSecrets in these namespaces. */
export function expandClusterExternalSecrets(
  makers: readonly PlacedClusterExternalSecret[],
  namespaces: ReadonlyMap<string, Labels>,
  { onMade, onProblem, onNone }: Expansion,
): void {
  for (const maker of makers) {
    const { resource, location } = maker
    const { matches, broken } = namespacesSelectedBy(resource.spec)
    const { name, labels, annotations } = externalSecretMetadataOf(resource)
    const nothing = { uid: '', generation: 0, resourceVersion: '', finalizers: [] }
    const label = `ClusterExternalSecret ${resource.metadata.name}`
    for (const field of broken) onProblem(`${location}: ${label}: ${field}: not a valid regular expression (RE2)`)
    const selected = [...namespaces].filter(([namespace, known]) => matches(namespace, () => known))
    if (selected.length === 0 && broken.length === 0) onNone(label)
    for (const [namespace] of selected) {
      const metadata = { ...nothing, name, namespace, labels, annotations }
      const spec = resource.spec.externalSecretSpec
      onMade({ apiVersion: API_VERSION, kind: 'ExternalSecret', metadata, spec }, maker)
    }
  }
}
