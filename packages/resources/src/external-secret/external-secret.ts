import { type ExternalSecretSpec, externalSecretSpecSchema } from './external-secret-spec.ts'
import { type ExternalSecretStatus, externalSecretStatusSchema } from './external-secret-status.ts'
import { type ParseOptions, type ParseResult, parseResource, type Resource } from '../parse/parse-resource.ts'

/** An ExternalSecret with its defaults filled in. */
export type ExternalSecretResource = Resource<'ExternalSecret', ExternalSecretSpec, ExternalSecretStatus>

/**
 * Parses an ExternalSecret from a response of the API server or from a manifest. Never throws.
 * A field that is `null` or an empty text counts as absent, as in the Go types of this API.
 */
export function parseExternalSecret(object: unknown, options?: ParseOptions): ParseResult<ExternalSecretResource> {
  return parseResource(
    { kind: 'ExternalSecret', spec: externalSecretSpecSchema, status: externalSecretStatusSchema },
    object,
    options,
  )
}
