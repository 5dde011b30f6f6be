import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import { ApiError } from '../gateway/api-error.ts'
import { HttpService, type Progress, type RawRequest, type ServiceSurroundings } from '../gateway/http-service.ts'
import type { ServiceResponse } from '../gateway/response.ts'
import type { IssuedTokens } from './issued-tokens.ts'
import { type Registry, TEMPORARY_USER } from './registry-api.ts'

/** Options of {@link RegistryLogin}. */
export interface RegistryLoginOptions extends ServiceSurroundings {
  readonly registries: ReadonlyMap<string, Registry>
  readonly tokens: IssuedTokens
  readonly clock: Pick<Clock, 'now'>
}

const PATH = '/v2/'
const MAX_BODY_BYTES = 1_024
const CHALLENGE = { 'www-authenticate': 'Basic realm="kms-simulator"' }

/** Whether a request is for the domain of an instance, and not for the API of Container Registry. */
export function isRegistryRequest({ url = '' }: Pick<IncomingMessage, 'url'>): boolean {
  return url.startsWith(PATH)
}

/**
 * `GET /v2/` of a registry, as `docker login` calls it: 200 while the password is a token that is alive, for the instance with the domain of
 * the request. Source: OCI Distribution Specification, "Determining Support". Container Registry itself asks for a bearer token first.
 */
export class RegistryLogin {
  readonly #options: RegistryLoginOptions
  readonly #service: HttpService

  constructor(options: RegistryLoginOptions) {
    this.#options = options
    this.#service = new HttpService(
      {
        name: 'cr',
        maxBodyBytes: MAX_BODY_BYTES,
        respond: (request, progress) => this.#respond(request, progress),
        refuse: ({ status, code, message }) =>
          json(status, { errors: [{ code, message }] }, status === 401 ? CHALLENGE : {}),
      },
      options,
    )
  }

  /** Handles one request completely; `reset` cuts its connection. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    return this.#service.handle(request, response, reset)
  }

  #respond({ method, url, headers }: RawRequest, progress: Progress): ServiceResponse {
    const { registries, tokens, clock } = this.#options
    progress.action = 'Login'
    const domain = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    const registry = [...registries.values()].find(({ domains }) => domains.includes(domain))
    if (registry === undefined || url !== PATH || method !== 'GET')
      throw new ApiError(404, 'UNSUPPORTED', 'The operation is unsupported.')
    progress.secret = registry.id
    const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(headers.authorization ?? '') ?? []
    const [user, ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
    if (user !== TEMPORARY_USER || !tokens.isAlive(rest.join(':'), registry.id, clock.now()))
      throw new ApiError(401, 'UNAUTHORIZED', 'authentication required')
    progress.identity = user
    return json(200, {})
  }
}

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): ServiceResponse {
  const version = { 'docker-distribution-api-version': 'registry/2.0' }
  const text = JSON.stringify(body)
  return { kind: 'bytes', status, contentType: 'application/json', body: text, headers: { ...version, ...headers } }
}
