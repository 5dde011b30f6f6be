import { type ClusterExternalSecretSpec, clusterExternalSecretSpecSchema } from './cluster-external-secret-spec.ts'
import {
  type ClusterExternalSecretStatus,
  clusterExternalSecretStatusSchema,
} from './cluster-external-secret-status.ts'
import { LIMITS } from '../schema/limits.ts'
import { CLUSTER_EXTERNAL_SECRET_LABEL } from '../names.ts'
import { type NamespaceMatcher, namespaceMatcher } from '../namespaces/namespace-matcher.ts'
import { type ParseOptions, type ParseResult, parseResource, type Resource } from '../parse/parse-resource.ts'

/** A ClusterExternalSecret with its defaults filled in; its namespace is empty. */
export type ClusterExternalSecretResource = Resource<
  'ClusterExternalSecret',
  ClusterExternalSecretSpec,
  ClusterExternalSecretStatus
>

/**
 * Parses a ClusterExternalSecret from a response of the API server or from a manifest. Never throws.
 * A field that is `null` or an empty text counts as absent, as in the Go types of this API.
 */
export function parseClusterExternalSecret(
  object: unknown,
  options?: ParseOptions,
): ParseResult<ClusterExternalSecretResource> {
  return parseResource(
    {
      kind: 'ClusterExternalSecret',
      scope: 'Cluster',
      spec: clusterExternalSecretSpecSchema,
      status: clusterExternalSecretStatusSchema,
    },
    object,
    options,
  )
}

/** Metadata of the ExternalSecrets that a ClusterExternalSecret creates. */
export function externalSecretMetadataOf({
  metadata: { name },
  spec: { externalSecretName, externalSecretMetadata },
}: Pick<ClusterExternalSecretResource, 'metadata' | 'spec'>): {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
} {
  // A name may exceed the limit of a label. The label is for users; the owner reference has the full name.
  const label = name.slice(0, LIMITS.labelValue).replace(/[-.]+$/, '')
  return {
    name: externalSecretName ?? name,
    labels: { ...externalSecretMetadata.labels, [CLUSTER_EXTERNAL_SECRET_LABEL]: label },
    annotations: externalSecretMetadata.annotations,
  }
}

/** Which namespaces a ClusterExternalSecret selects: all, unless it has conditions. `broken` names fields of its spec. */
export function namespacesSelectedBy({ namespaceSelectors, conditions }: ClusterExternalSecretSpec): NamespaceMatcher {
  if (namespaceSelectors.length === 0 && conditions.length === 0) return { matches: () => true, broken: [] }
  const selectors = namespaceSelectors.map((namespaceSelector) => ({
    namespaceSelector,
    namespaces: [],
    namespaceRegexes: [],
  }))
  const { matches, broken } = namespaceMatcher([...conditions, ...selectors])
  return { matches, broken: broken.map((path) => `spec.conditions${path}`) }
}
