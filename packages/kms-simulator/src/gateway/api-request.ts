import type { IncomingHttpHeaders } from 'node:http'
import { invalidParameter } from './api-error.ts'

/** One decoded request. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  /** Lower-case names; repeated headers are joined by `, `. */
  readonly headers: IncomingHttpHeaders
  readonly query: ReadonlyMap<string, string>
  /** Parameters of the query and the form body. */
  readonly params: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

const FORM = 'application/x-www-form-urlencoded'

/** More parameters than any action has. */
const MAX_PARAMETERS = 200

function addAll(into: Map<string, string>, encoded: string): void {
  for (const [key, value] of new URLSearchParams(encoded)) {
    if (into.has(key)) throw invalidParameter(key, 'it occurs more than once')
    if (into.size >= MAX_PARAMETERS) throw invalidParameter(key, `there are more than ${MAX_PARAMETERS} parameters`)
    into.set(key, value)
  }
}

/**
 * Decodes a request. Signatures never use the raw query, because clients encode it in different ways.
 * @throws ApiError `InvalidParameter` when a parameter occurs twice
 */
export function parseApiRequest(raw: {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}): ApiRequest {
  const queryAt = raw.url.indexOf('?')
  const query = new Map<string, string>()
  if (queryAt >= 0) addAll(query, raw.url.slice(queryAt + 1))

  let params = query
  const isForm = raw.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === FORM
  if (isForm && raw.body.length > 0) {
    params = new Map(query)
    addAll(params, Buffer.from(raw.body).toString('utf8'))
  }
  return {
    method: raw.method,
    path: queryAt < 0 ? raw.url : raw.url.slice(0, queryAt),
    headers: raw.headers,
    query,
    params,
    body: raw.body,
  }
}
