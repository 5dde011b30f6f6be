import { type ParseOptions, type ParseResult, parseResource, type Resource } from '../parse/parse-resource.ts'
import { clusterSecretStoreSpecSchema, type SecretStoreSpec, secretStoreSpecSchema } from './secret-store-spec.ts'
import { type SecretStoreStatus, secretStoreStatusSchema } from './secret-store-status.ts'

/** A SecretStore with its defaults filled in. */
export type SecretStoreResource = Resource<'SecretStore', SecretStoreSpec, SecretStoreStatus>

/**
 * Parses a SecretStore from a response of the API server or from a manifest. Never throws.
 * A field that is `null` or an empty text counts as absent, as in the Go types of this API.
 */
export function parseSecretStore(object: unknown, options?: ParseOptions): ParseResult<SecretStoreResource> {
  return parseResource(
    { kind: 'SecretStore', spec: secretStoreSpecSchema, status: secretStoreStatusSchema },
    object,
    options,
  )
}

/** A ClusterSecretStore with its defaults filled in; its namespace is empty. */
export type ClusterSecretStoreResource = Resource<'ClusterSecretStore', SecretStoreSpec, SecretStoreStatus>

/** Parses a ClusterSecretStore, like {@link parseSecretStore}. Never throws. */
export function parseClusterSecretStore(
  object: unknown,
  options?: ParseOptions,
): ParseResult<ClusterSecretStoreResource> {
  return parseResource(
    {
      kind: 'ClusterSecretStore',
      scope: 'Cluster',
      spec: clusterSecretStoreSpecSchema,
      status: secretStoreStatusSchema,
    },
    object,
    options,
  )
}
