import { defined, SecretSyncError, type SecretValue, Sensitive } from '@ack-secret-manager/core'
import type { OpenApiResponse } from '@ack-secret-manager/alicloud-openapi'

export interface ParameterRequest {
  readonly name: string
  /** Number of the version; undefined for the latest. */
  readonly version: string | undefined
  /** Names the read, for errors. */
  readonly what: string
  readonly identity: string
}

/**
 * The value in a response of GetSecretParameter. Alibaba Cloud OOS API reference, GetSecretParameter.
 * @throws SecretSyncError `InvalidResponse` naming the missing or malformed field, never its content; `AccessDenied` when the
 * value is missing
 */
export function secretValueOf({ body, requestId }: OpenApiResponse, request: ParameterRequest): SecretValue {
  const { name, version, what, identity } = request
  const parameter = body['Parameter']
  if (typeof parameter !== 'object' || parameter === null || Array.isArray(parameter)) {
    throw malformed(what, 'Parameter', 'an object')
  }
  const field = (of: string): unknown => (Object.hasOwn(parameter, of) ? Reflect.get(parameter, of) : undefined)
  const versionId = versionIdOf(field('ParameterVersion'), what)
  // The response to another request must never end up in a Secret.
  if ((field('Name') ?? name) !== name || (version ?? versionId) !== versionId) {
    throw new SecretSyncError('InvalidResponse', `${what}: the response is about another parameter or version`)
  }
  const value = field('Value') ?? undefined
  if (value === undefined) {
    const hint = 'allow it kms:GetSecretValue, besides oos:GetSecretParameter'
    throw new SecretSyncError('AccessDenied', `${what}: ${identity} got the parameter without its value: ${hint}`, {
      facts: defined({ requestId }),
    })
  }
  // A lone surrogate has no UTF-8 form; encoding would silently replace it.
  if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw malformed(what, 'Value', 'well-formed text')
  return {
    bytes: new Sensitive(new TextEncoder().encode(value)),
    versionId,
    versionStages: [],
    type: 'OOS',
    dataType: 'text',
    ...defined({ requestId }),
  }
}

function versionIdOf(version: unknown, what: string): string {
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw malformed(what, 'ParameterVersion', 'a whole number')
  }
  return String(version)
}

function malformed(what: string, field: string, expected: string): SecretSyncError {
  return new SecretSyncError('InvalidResponse', `${what}: ${field} in the response is not ${expected}`)
}
