import { SecretSyncError } from '@ack-secret-manager/core'
import { type RequestInfo, unescaped } from './request-info.ts'
import { isRecord } from './status-error.ts'

/** Verbs whose response is the object that the path names. */
const NAMED: ReadonlySet<RequestInfo['verb']> = new Set(['get', 'update', 'patch'])

/**
 * Checks that a successful response is the requested object. A proxy may respond for the API server, or with the response to another
 * request. Without this check a Lease would count as renewed, and a Secret as empty.
 * @param what the request, for the message
 * @throws SecretSyncError `InvalidResponse`
 */
export function checkObject(body: unknown, { verb, name }: RequestInfo, what: string): void {
  if (!NAMED.has(verb) && verb !== 'create') return
  const { kind, metadata }: Record<string, unknown> = isRecord(body) ? body : {}
  const isNamed = verb === 'create' || name === undefined || (isRecord(metadata) && metadata.name === unescaped(name))
  if (typeof kind === 'string' && isNamed) return
  throw new SecretSyncError(
    'InvalidResponse',
    `${what}: the response is not the requested object; check that the address is an API server`,
  )
}
