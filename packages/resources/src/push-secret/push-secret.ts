import { type ParseOptions, type ParseResult, parseResource, type Resource } from '../parse/parse-resource.ts'
import { type PushSecretSpec, pushSecretSpecSchema } from './push-secret-spec.ts'
import { type PushSecretStatus, pushSecretStatusSchema } from './push-secret-status.ts'

/** A PushSecret with its defaults filled in. */
export type PushSecretResource = Resource<'PushSecret', PushSecretSpec, PushSecretStatus>

/**
 * Parses a PushSecret from a response of the API server or from a manifest. Never throws.
 * A field that is `null` or an empty text counts as absent.
 */
export function parsePushSecret(object: unknown, options?: ParseOptions): ParseResult<PushSecretResource> {
  return parseResource(
    { kind: 'PushSecret', spec: pushSecretSpecSchema, status: pushSecretStatusSchema },
    object,
    options,
  )
}
